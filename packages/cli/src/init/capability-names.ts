import { usageError } from "../usage-error.ts";

/** The spellings of a new capability's name. */
export interface CapabilityNames {
  /** As typed and as packages are named: `word-count`. */
  readonly name: string;
  /** `WordCount` */
  readonly className: string;
  /** `word_count` */
  readonly moduleName: string;
}

/** Classes of that name cannot be written beside the base class, or at all in Python. */
const TAKEN_CLASSES: readonly string[] = ["ToolCapability", "CapabilityInputError", "CallContext", "True", "False", "None"];

const MAX_LENGTH = 64;

/** @throws CjmError CJM_USAGE for a name that cannot be that of a package in every language */
export function capabilityNames(name: string): CapabilityNames {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > MAX_LENGTH) {
    throw usageError(
      `'${name}' cannot be the name of a capability.`,
      `Use small letters, digits and single hyphens, beginning with a letter, ${MAX_LENGTH} at most${suggestion(name)}.`,
    );
  }
  const className = name
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
  return {
    name,
    className: TAKEN_CLASSES.includes(className) ? `${className}Tool` : className,
    moduleName: name.replaceAll("-", "_"),
  };
}

function suggestion(name: string): string {
  const near = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, MAX_LENGTH);
  return near === "" || near === name ? "" : `, such as ${near}`;
}
