import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ControlDoor, controlFolder, doorAt, isBeingOpened, removeDoor } from "./control-door.ts";
import { HostConnection, Unreachable } from "./host-connection.ts";

export interface SilentHost {
  readonly pid: number;
  /** What is known of it by. */
  readonly path: string;
  readonly reason: string;
}

/** What the hosts of a data directory said when they were asked. Disposing of it lets go of them. */
export interface ConnectedHosts extends Disposable {
  /** Those that live, by pid. */
  readonly hosts: readonly HostConnection[];
  /** Those whose process seems to be there and that do not answer. */
  readonly silent: readonly SilentHost[];
  /** What dead hosts left in the control folder; removed, unless it was to be kept. */
  readonly leftovers: readonly string[];
}

/**
 * Connects to all live hosts of a data directory that have a control socket. What dead ones left is removed on the way.
 * @param options `keepLeftovers`: only looks @default false
 */
export async function connectHosts(dataDir: string, options: { readonly keepLeftovers?: boolean } = {}): Promise<ConnectedHosts> {
  const folder = controlFolder(dataDir);
  const names = await readdir(folder).catch(() => []);
  const doors = names.map((name) => doorAt(join(folder, name))).filter((door) => door !== null);
  const found = await Promise.all(doors.map(knock));
  const leftovers = found.flatMap((knocked) => (knocked.kind === "gone" ? [knocked.door] : []));
  if (options.keepLeftovers !== true) for (const door of leftovers) removeDoor(door);
  const hosts = found.flatMap((knocked) => (knocked.kind === "connected" ? [knocked.host] : []));
  return {
    hosts: hosts.sort((a, b) => a.info.pid - b.info.pid),
    silent: found.flatMap((knocked) => (knocked.kind === "silent" ? [knocked.host] : [])),
    leftovers: leftovers.map(({ path }) => path),
    [Symbol.dispose]: () => {
      for (const host of hosts) host[Symbol.dispose]();
    },
  };
}

type Knocked =
  | { readonly kind: "connected"; readonly host: HostConnection }
  | { readonly kind: "silent"; readonly host: SilentHost }
  | { readonly kind: "gone"; readonly door: ControlDoor }
  /** About to open, or closed meanwhile. */
  | { readonly kind: "closed" };

async function knock(door: ControlDoor): Promise<Knocked> {
  if (isBeingOpened(door, Date.now())) return { kind: "closed" };
  try {
    return { kind: "connected", host: await HostConnection.open(door.socketPath) };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    // A host that ends takes its door away; only what stays was left by a dead one.
    if (error.kind === "gone") return existsSync(door.path) ? { kind: "gone", door } : { kind: "closed" };
    return { kind: "silent", host: { pid: door.pid, path: door.path, reason: error.message } };
  }
}
