import { connectHosts } from "@cjm/pipeline";

/** A live host with the capabilities that it has loaded. */
export interface CapabilitiesInUse {
  readonly pid: number;
  readonly names: readonly string[];
}

/** The hosts of a data directory that have any capability loaded. */
export async function capabilitiesInUse(dataDir: string): Promise<readonly CapabilitiesInUse[]> {
  using connected = await connectHosts(dataDir);
  const uses = await Promise.all(
    connected.hosts.map(async (host) => {
      // One that ends meanwhile uses nothing any more.
      const workers = (await host.status().catch(() => null))?.workers ?? [];
      return { pid: host.info.pid, names: [...new Set(workers.map(({ capabilityName }) => capabilityName))] };
    }),
  );
  return uses.filter(({ names }) => names.length > 0);
}
