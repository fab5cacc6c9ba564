import { type ActionSpec, type CallNode, type Composition, callsOf, didYouMean, isJsonObject, planComposition } from "@cjm/core";

export interface InstalledCapability {
  readonly name: string;
  /** Its actions; null when its manifest lists none, as those of the original. */
  readonly actions: readonly Pick<ActionSpec, "name" | "input_schema">[] | null;
}

/** What would go wrong at the start of a composition on this machine, although its file is sound. */
export function compositionWarnings(composition: Composition, installed: readonly InstalledCapability[]): readonly string[] {
  const names = installed.map(({ name }) => name);
  return callsOf(planComposition(composition)).flatMap(({ id, capability, call, args }) => {
    const found = installed.find(({ name }) => name === capability);
    if (found === undefined) return [`nodes.${id}.capability: '${capability}' is not installed.${didYouMean(capability, names)}`];
    if (call.channel !== "execute" || call.action === null || found.actions === null || call.action === DESCRIBE) return [];
    const action = found.actions.find(({ name }) => name === call.action);
    if (action !== undefined) return argumentWarnings(id, args, action);
    const known = found.actions.map(({ name }) => name);
    return [`nodes.${id}.action: ${capability} has no action '${call.action}'.${didYouMean(call.action, known)}`];
  });
}

/** The action that every capability has; manifests do not list it. */
const DESCRIBE = "describe";

function argumentWarnings(
  id: string,
  args: CallNode["args"],
  { name, input_schema: schema }: Pick<ActionSpec, "name" | "input_schema">,
): readonly string[] {
  const { properties, required, additionalProperties } = schema ?? {};
  if (!isJsonObject(properties)) return [];
  const known = Object.keys(properties);
  const takesMore = additionalProperties === true || isJsonObject(additionalProperties);
  const unknown = takesMore ? [] : Object.keys(args).filter((argument) => !known.includes(argument));
  const needed = Array.isArray(required) ? required.filter((argument): argument is string => typeof argument === "string") : [];
  const missing = needed.filter((argument) => !Object.hasOwn(args, argument));
  return [
    ...unknown.map((argument) => {
      const near = didYouMean(argument, known);
      return `nodes.${id}.args.${argument}: ${name} has no argument '${argument}'.${near === "" ? ` It takes ${known.join(", ") || "none"}.` : near}`;
    }),
    ...missing.map((argument) => `nodes.${id}.args: ${name} needs '${argument}'.`),
  ];
}
