import { CjmError, didYouMean } from "@cjm/core";
import { type AdapterVerdict, matchAdapter } from "./adapter-matching.ts";
import {
  type DiscoveredAdapter,
  type DiscoveredCapability,
  type DiscoveryReport,
  discoverManifests,
  NOTHING_DISCOVERED,
} from "./manifest-discovery.ts";

/** What was discovered last, by name. */
export class CapabilityCatalog {
  readonly #searchPaths: readonly string[];
  #report: DiscoveryReport = NOTHING_DISCOVERED;

  constructor(searchPaths: readonly string[]) {
    this.#searchPaths = searchPaths;
  }

  discover(): DiscoveryReport {
    this.#report = discoverManifests(this.#searchPaths);
    return this.#report;
  }

  get capabilities(): readonly DiscoveredCapability[] {
    return this.#report.capabilities;
  }

  get adapters(): readonly DiscoveredAdapter[] {
    return this.#report.adapters;
  }

  find(name: string): DiscoveredCapability | null {
    return this.#report.capabilities.find((capability) => capability.name === name) ?? null;
  }

  /** @throws CjmError CJM_CAPABILITY_NOT_FOUND that lists what is there and what to do */
  get(name: string): DiscoveredCapability {
    const found = this.find(name);
    if (found !== null) return found;
    const names = this.#report.capabilities.map((capability) => capability.name);
    const installed =
      names.length === 0 ? `None is installed below ${this.#searchPaths.join(" or ")}` : `Installed are ${names.join(", ")}`;
    throw new CjmError("CJM_CAPABILITY_NOT_FOUND", this.#whyNot(name, names), {
      hint: `${installed}; 'cjm-ctl install-all' installs what capabilities.yaml lists.`,
      details: { name, installed: names },
    });
  }

  adaptersForTask(task: string): readonly DiscoveredAdapter[] {
    return this.#report.adapters.filter((adapter) => adapter.task === task);
  }

  /**
   * Whether an adapter fits a capability by what both manifests record; nothing needs to be loaded.
   * @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_ADAPTER_INCOMPATIBLE for an unknown adapter
   */
  checkAdapter(adapterName: string, capabilityName: string): AdapterVerdict {
    const adapter = this.#adapter(adapterName);
    return matchAdapter(adapter.manifest.protocol_members, this.get(capabilityName).manifest.code.structural_surface);
  }

  /** @throws CjmError CJM_ADAPTER_INCOMPATIBLE for an unknown adapter */
  capabilitiesFor(adapterName: string): readonly DiscoveredCapability[] {
    const members = this.#adapter(adapterName).manifest.protocol_members;
    return this.#report.capabilities.filter(({ manifest }) => matchAdapter(members, manifest.code.structural_surface).compatible);
  }

  #adapter(name: string): DiscoveredAdapter {
    const found = this.#report.adapters.find((adapter) => adapter.name === name);
    if (found !== undefined) return found;
    const names = this.#report.adapters.map((adapter) => adapter.name);
    throw new CjmError("CJM_ADAPTER_INCOMPATIBLE", `There is no adapter '${name}'.${didYouMean(name, names)}`, {
      hint: names.length === 0 ? "No adapter manifest was found." : `Known are ${names.join(", ")}.`,
      details: { name, known: names },
    });
  }

  #whyNot(name: string, names: readonly string[]): string {
    const broken = this.#report.broken.find(({ path }) => path.endsWith(`/${name}.json`));
    if (broken !== undefined) return `The manifest of '${name}' is broken: ${broken.reason}.`;
    const elsewhere = this.#report.otherPlatform.find((other) => other.name === name);
    if (elsewhere !== undefined) return `'${name}' is for ${elsewhere.platforms.join(", ")} and not for this machine.`;
    return `There is no capability '${name}'.${didYouMean(name, names)}`;
  }
}
