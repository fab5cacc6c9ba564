import { CjmError, didYouMean, type Manifest, type ProtocolMembers, type Surface } from "@cjm/core";
import type { DiscoveredAdapter, DiscoveredCapability } from "./manifest-discovery.ts";

export interface ParameterMismatch {
  readonly method: string;
  readonly protocolParams: readonly string[];
  readonly surfaceParams: readonly string[];
}

/** Whether an adapter fits a capability, and if not, everything that is missing. */
export interface AdapterVerdict {
  readonly compatible: boolean;
  readonly missingMethods: readonly string[];
  readonly missingProperties: readonly string[];
  readonly parameterMismatches: readonly ParameterMismatch[];
  /** Set when there is nothing to compare with. */
  readonly reason: string | null;
}

/**
 * Compares what an adapter asks for with a capability's recorded surface: every method by name with its leading parameters,
 * every property by name. Attributes are no properties, and signature texts are not compared. Source: the original's rule.
 */
export function matchAdapter(protocol: ProtocolMembers, surface: Surface | null | undefined): AdapterVerdict {
  if (surface == null || (surface.methods.length === 0 && surface.properties.length === 0 && surface.attributes.length === 0)) {
    return {
      compatible: false,
      missingMethods: [],
      missingProperties: [],
      parameterMismatches: [],
      reason: "its manifest records no surface",
    };
  }
  const methods = new Map(surface.methods.map((method) => [method.name, method]));
  const missingMethods = protocol.methods.map(({ name }) => name).filter((name) => !methods.has(name));
  const missingProperties = protocol.properties.filter((name) => !surface.properties.includes(name));
  const parameterMismatches = protocol.methods.flatMap(({ name, params }): ParameterMismatch[] => {
    const surfaceParams = methods.get(name)?.params;
    if (params == null || surfaceParams == null) return [];
    return params.every((param, index) => surfaceParams[index] === param) ? [] : [{ method: name, protocolParams: params, surfaceParams }];
  });
  const compatible = missingMethods.length + missingProperties.length + parameterMismatches.length === 0;
  return { compatible, missingMethods, missingProperties, parameterMismatches, reason: null };
}

/** A verdict in words, for a refusal. */
export function describeVerdict(verdict: AdapterVerdict): string {
  const { missingMethods, missingProperties, parameterMismatches, reason } = verdict;
  const parts = [
    ...(reason === null ? [] : [reason]),
    ...(missingMethods.length === 0 ? [] : [`it lacks the methods ${missingMethods.join(", ")}`]),
    ...(missingProperties.length === 0 ? [] : [`it lacks the properties ${missingProperties.join(", ")}`]),
    ...parameterMismatches.map(
      ({ method, protocolParams, surfaceParams }) =>
        `${method} should begin with (${protocolParams.join(", ")}) and has (${surfaceParams.join(", ")})`,
    ),
  ];
  return parts.join("; ");
}

/** A worker imports the modules of its adapters; one that does not say its language is left to the worker. */
function isForeign({ manifest }: DiscoveredAdapter, { install }: Manifest): boolean {
  return manifest.language !== undefined && manifest.language !== (install.worker === "node" ? "node" : "python");
}

/**
 * The adapters to bind to a capability: all that fit and are written in its language, or exactly those that are named.
 * @throws CjmError CJM_ADAPTER_INCOMPATIBLE for a named one that is unknown or does not fit, with what is missing
 */
export function adaptersToBind(
  capability: Pick<DiscoveredCapability, "name" | "manifest">,
  discovered: readonly DiscoveredAdapter[],
  named: readonly string[] | null,
): readonly DiscoveredAdapter[] {
  const surface = capability.manifest.code.structural_surface;
  if (named === null) {
    const own = discovered.filter((adapter) => !isForeign(adapter, capability.manifest));
    return own.filter(({ manifest }) => matchAdapter(manifest.protocol_members, surface).compatible);
  }
  const faults: string[] = [];
  const chosen = [...new Set(named)].flatMap((name) => {
    const adapter = discovered.find((candidate) => candidate.name === name);
    if (adapter === undefined) {
      faults.push(
        `${name} is not known.${didYouMean(
          name,
          discovered.map((candidate) => candidate.name),
        )}`,
      );
      return [];
    }
    if (isForeign(adapter, capability.manifest)) {
      faults.push(`${name} does not fit ${capability.name}: it is written for ${adapter.manifest.language}`);
      return [];
    }
    const verdict = matchAdapter(adapter.manifest.protocol_members, surface);
    if (!verdict.compatible) faults.push(`${name} does not fit ${capability.name}: ${describeVerdict(verdict)}`);
    return [adapter];
  });
  if (faults.length === 0) return chosen;
  throw new CjmError(
    "CJM_ADAPTER_INCOMPATIBLE",
    `Adapters cannot be bound to ${capability.name}:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    {
      hint: "Leave them out to bind every adapter that fits, or install a version of the capability that has what they need.",
      details: { capabilityName: capability.name, fieldsInvalid: ["adapters"] },
    },
  );
}

/** `module:Class`, as workers are told which adapters to bind. */
export function adapterSpec({ manifest }: DiscoveredAdapter): string {
  return `${manifest.module}:${manifest.class}`;
}
