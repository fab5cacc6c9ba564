import { isCjmError } from "@cjm/core";
import { connectHosts, type HostConnection } from "@cjm/pipeline";

/** A live host with the capabilities that it has loaded. */
export interface CapabilitiesInUse {
  readonly pid: number;
  /** Null: it cannot be asked, so it may have any. */
  readonly names: readonly string[] | null;
}

/** The hosts of a data directory that have any capability loaded, or may have: a stopped or busy one still has its workers. */
export async function capabilitiesInUse(dataDir: string): Promise<readonly CapabilitiesInUse[]> {
  using connected = await connectHosts(dataDir);
  const uses = await Promise.all(connected.hosts.map(async (host) => ({ pid: host.info.pid, names: await namesOf(host) })));
  const silent = connected.silent.map(({ pid }) => ({ pid, names: null }));
  return [...uses.filter(({ names }) => names === null || names.length > 0), ...silent];
}

async function namesOf(host: HostConnection): Promise<readonly string[] | null> {
  try {
    const { workers } = await host.status();
    return [...new Set(workers.map(({ capabilityName }) => capabilityName))];
  } catch (error) {
    // One that ends meanwhile uses nothing any more.
    return isCjmError(error) && error.code === "CJM_QUEUE_STOPPED" ? [] : null;
  }
}
