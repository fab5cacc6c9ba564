import { type ActionSpec, isJsonObject } from "@cjm/core";
import { Document, isMap } from "yaml";

/** A call that a new composition is to make. */
export interface ChosenCall {
  readonly capability: string;
  readonly action: ActionSpec;
}

interface NewInput {
  readonly type: string;
  readonly description?: string;
}

/**
 * The text of a composition that makes these calls, independently of each other. Each argument that an action requires becomes
 * an input of the composition; the same name and type in several calls is one input.
 */
export function compositionText(name: string, calls: readonly ChosenCall[]): string {
  const inputs = new Map<string, NewInput>();
  const nodes: Record<string, unknown> = {};
  for (const { capability, action } of calls) {
    const node = freeName(nodeName(action.name), (taken) => Object.hasOwn(nodes, taken));
    const args: Record<string, string> = {};
    for (const { argument, input } of requiredArguments(action)) {
      const isOther = (taken: string): boolean => inputs.has(taken) && inputs.get(taken)?.type !== input.type;
      const inputName = isOther(argument) ? freeName(`${node}_${argument}`, isOther) : argument;
      inputs.set(inputName, inputs.get(inputName) ?? input);
      args[argument] = `\${inputs.${inputName}}`;
    }
    nodes[node] = { capability, action: action.name, ...(Object.keys(args).length === 0 ? {} : { args }) };
  }
  const document = new Document({
    name,
    ...(inputs.size === 0 ? {} : { inputs: Object.fromEntries(inputs) }),
    nodes,
  });
  document.commentBefore = ` cjm-ctl run ${name}.yaml${[...inputs.keys()].map((input) => ` --set ${input}=...`).join("")}`;
  for (const key of ["inputs", "nodes"]) spaceBefore(document, key);
  return document.toString({ lineWidth: 0 });
}

function requiredArguments(action: ActionSpec): readonly { readonly argument: string; readonly input: NewInput }[] {
  const schema = action.input_schema ?? {};
  const properties: unknown = schema["properties"];
  const required: unknown = schema["required"];
  if (!Array.isArray(required)) return [];
  return required
    .filter((argument): argument is string => typeof argument === "string")
    .map((argument) => {
      const property: unknown =
        typeof properties === "object" && properties !== null ? (properties as Record<string, unknown>)[argument] : null;
      const description = isJsonObject(property as never) ? (property as { description?: unknown }).description : undefined;
      return { argument, input: { type: inputType(property), ...(typeof description === "string" ? { description } : {}) } };
    });
}

/** What an input can be declared as; a composition knows no objects, and text is turned into nothing else. */
function inputType(property: unknown): string {
  const type = isJsonObject(property) ? [property["type"]].flat()[0] : undefined;
  if (type === "array") return "list";
  return type === "number" || type === "integer" || type === "boolean" ? type : "string";
}

function nodeName(action: string): string {
  return action.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  let name = wanted;
  for (let count = 2; isTaken(name); count++) name = `${wanted}_${count}`;
  return name;
}

function spaceBefore(document: Document, key: string): void {
  const { contents } = document;
  if (!isMap(contents)) return;
  const pair = contents.items.find((item) => String(item.key) === key);
  if (typeof pair?.key === "object" && pair.key !== null) (pair.key as { spaceBefore?: boolean }).spaceBefore = true;
}
