import { type CjmConfig, dataLayout, didYouMean } from "@cjm/core";
import { discoverManifests } from "@cjm/host";

/** What to say of a name that no installed capability has; null for one that is installed. It may be installed later. */
export function doubtAbout(name: string, config: CjmConfig): string | null {
  const names = discoverManifests([dataLayout(config.dataDir).manifests]).capabilities.map((capability) => capability.name);
  return names.includes(name) ? null : `No capability '${name}' is installed.${didYouMean(name, names)}`;
}
