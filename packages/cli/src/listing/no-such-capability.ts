import { basename } from "node:path";
import { CjmError, didYouMean } from "@cjm/core";
import type { DiscoveryReport } from "@cjm/host";

/** Why nothing can be asked of a capability: its manifest is damaged, or there is none. */
export function noSuchCapability(name: string, { capabilities, broken }: Pick<DiscoveryReport, "capabilities" | "broken">): CjmError {
  const damaged = broken.find(({ path }) => basename(path) === `${name}.json`);
  if (damaged !== undefined) {
    return new CjmError("CJM_MANIFEST_INVALID", `The manifest of ${name} cannot be used: ${damaged.path}: ${damaged.reason}.`, {
      hint: "Correct or delete it; 'cjm-ctl install-all' writes a new one.",
      details: { path: damaged.path },
    });
  }
  const names = capabilities.map((capability) => capability.name);
  return new CjmError("CJM_CAPABILITY_NOT_FOUND", `There is no capability '${name}'.${didYouMean(name, names)}`, {
    hint: [
      names.length === 0 ? "None is installed" : `Installed are ${names.join(", ")}`,
      ...(broken.length === 0 ? [] : ["'cjm-ctl list' says which manifests cannot be used"]),
      "'cjm-ctl install-all' installs what capabilities.yaml lists.",
    ].join("; "),
  });
}
