import type { Tags } from "yaml";

const BOOL = "tag:yaml.org,2002:bool";
const FLOAT = "tag:yaml.org,2002:float";

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
/** An exponent needs a point before it and a sign. */
const WITH_EXPONENT = /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*[eE][-+][0-9]+$/;

/**
 * YAML 1.1 as PyYAML reads it, which wrote and reads the files of the original: `y` and `n` are texts and no booleans, `1e3` is
 * a text and no number. @param tags those of the 1.1 schema
 */
export function pyYamlTags(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag === "string" || !("test" in tag) || tag.test === undefined) return tag;
    if (tag.tag === BOOL) return { ...tag, test: tag.test.test("yes") ? TRUE : FALSE };
    if (tag.tag === FLOAT && tag.format === "EXP") return { ...tag, test: WITH_EXPONENT };
    return tag;
  });
}
