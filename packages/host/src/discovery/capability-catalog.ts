import { CjmError, didYouMean } from "@cjm/core";
import { type DiscoveredCapability, type DiscoveryReport, discoverManifests } from "./manifest-discovery.ts";

/** What was discovered last, by name. */
export class CapabilityCatalog {
  readonly #searchPaths: readonly string[];
  #report: DiscoveryReport = { capabilities: [], shadowed: [], broken: [], otherPlatform: [] };

  constructor(searchPaths: readonly string[]) {
    this.#searchPaths = searchPaths;
  }

  discover(): DiscoveryReport {
    this.#report = discoverManifests(this.#searchPaths);
    return this.#report;
  }

  list(): readonly DiscoveredCapability[] {
    return this.#report.capabilities;
  }

  find(name: string): DiscoveredCapability | null {
    return this.#report.capabilities.find((capability) => capability.name === name) ?? null;
  }

  /** @throws CjmError CJM_CAPABILITY_NOT_FOUND that lists what is there and what to do */
  get(name: string): DiscoveredCapability {
    const found = this.find(name);
    if (found !== null) return found;
    const names = this.#report.capabilities.map((capability) => capability.name);
    const broken = this.#report.broken.find(({ path }) => path.endsWith(`/${name}.json`));
    const message =
      broken === undefined
        ? `There is no capability '${name}'.${didYouMean(name, names)}`
        : `The manifest of '${name}' is broken: ${broken.reason}.`;
    const installed =
      names.length === 0 ? `None is installed below ${this.#searchPaths.join(" or ")}` : `Installed are ${names.join(", ")}`;
    throw new CjmError("CJM_CAPABILITY_NOT_FOUND", message, {
      hint: `${installed}; 'cjm-ctl install-all' installs what capabilities.yaml lists.`,
      details: { name, installed: names },
    });
  }
}
