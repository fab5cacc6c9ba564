import { basename, extname } from "node:path";
import { type ActionSpec, didYouMean } from "@cjm/core";
import { usageError } from "../usage-error.ts";
import { type ChosenCall, compositionText } from "./composition-text.ts";
import { type ScaffoldOptions, type WrittenFile, writeScaffold } from "./write-scaffold.ts";

export interface CallableCapability {
  readonly name: string;
  /** Empty for those whose manifest lists none. */
  readonly actions: readonly ActionSpec[];
}

/** Makes `<folder>/<name>.yaml`. @throws CjmError CJM_USAGE when the name will not do or something is in the way */
export async function initComposition(
  name: string,
  calls: readonly ChosenCall[],
  options: ScaffoldOptions,
): Promise<readonly WrittenFile[]> {
  const bare = [".yaml", ".yml"].includes(extname(name)) ? basename(name, extname(name)) : name;
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(bare)) {
    throw usageError(
      `'${name}' cannot be the name of a composition.`,
      "Use letters, digits, - and _; --dir says in which folder its file belongs.",
    );
  }
  return await writeScaffold([{ path: `${bare}.yaml`, text: compositionText(bare, calls) }], options);
}

/**
 * The calls that were asked for, as `capability` (its first action) or `capability:action`.
 * @throws CjmError CJM_USAGE for what is not installed, or has no such action
 */
export function chosenCalls(written: readonly string[], installed: readonly CallableCapability[]): readonly ChosenCall[] {
  const names = installed.map(({ name }) => name);
  return written.map((text) => {
    const [name = "", actionName] = text.split(":", 2);
    const found = installed.find((capability) => capability.name === name);
    if (found === undefined) throw usageError(`'${name}' is not installed.${didYouMean(name, names)}`, installedHint(names));
    const known = found.actions.map((action) => action.name);
    const action = actionName === undefined ? found.actions[0] : found.actions.find((spec) => spec.name === actionName);
    if (action !== undefined) return { capability: name, action };
    throw known.length === 0
      ? usageError(`The manifest of ${name} lists no actions, so that no call can be written for it.`, "Write the node by hand.")
      : usageError(`${name} has no action '${actionName ?? ""}'.${didYouMean(actionName ?? "", known)}`, `It has ${known.join(", ")}.`);
  });
}

export function installedHint(names: readonly string[]): string {
  return names.length === 0 ? "Nothing is installed yet: cjm-ctl install-all" : `Installed are ${names.join(", ")}.`;
}
