import { createServer, type Server, type Socket } from "node:net";
import { NewDoor } from "./control-door.ts";
import type { HostInfo } from "./control-messages.ts";
import { ControlSession } from "./control-session.ts";
import type { HostSource } from "./host-source.ts";
import { StatusWatch } from "./status-watch.ts";

export interface ControlServerOptions {
  readonly dataDir: string;
  /** Clients that may be connected at the same time; others are let go at once. @default 32 */
  readonly maxClients?: number;
  /** @default 30 000 */
  readonly idleMs?: number;
}

/**
 * The door through which other processes of this user ask a host what it does, and cancel: a Unix socket in the data directory.
 * It keeps no process alive, and costs a file descriptor while nobody comes.
 */
export class ControlServer implements AsyncDisposable {
  readonly #options: ControlServerOptions;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #door: NewDoor | null = null;
  #watch: StatusWatch | null = null;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /** What others connect to; null while it is not open. */
  get socketPath(): string | null {
    return this.#door?.socketPath ?? null;
  }

  get clientCount(): number {
    return this.#sockets.size;
  }

  /** @throws Error of the system, when there can be no socket in the data directory nor in the system's temporary folder */
  async open(source: HostSource, info: Omit<HostInfo, "cjmControl" | "pid">): Promise<void> {
    const { maxClients = 32, idleMs = 30_000 } = this.#options;
    const watch = new StatusWatch(source);
    const greeting: HostInfo = { cjmControl: 1, pid: process.pid, ...info };
    const parts = { info: greeting, source, watch: watch.watch.bind(watch), idleMs };
    const server = createServer((socket) => {
      this.#sockets.add(socket.unref());
      socket.once("close", () => this.#sockets.delete(socket));
      new ControlSession(socket, parts);
    });
    server.maxConnections = maxClients;
    server.unref();
    this.#watch = watch;
    this.#server = server;
    this.#door = await openDoor(server, this.#options.dataDir);
    // What goes wrong with one connection is that one's alone.
    server.on("error", () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    const server = this.#server;
    this.#server = null;
    if (server?.listening === true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
      await promise;
    }
    this.#door?.[Symbol.dispose]();
    this.#door = null;
  }
}

/** In the data directory, or, on a file system that can have no sockets, elsewhere with a note there. */
async function openDoor(server: Server, dataDir: string): Promise<NewDoor> {
  const door = NewDoor.make(dataDir);
  try {
    await listen(server, door.bindPath);
    door.open();
    return door;
  } catch (error) {
    door[Symbol.dispose]();
    if (server.listening || door.socketPath !== door.path) throw error;
  }
  const elsewhere = NewDoor.make(dataDir, true);
  try {
    await listen(server, elsewhere.bindPath);
    elsewhere.open();
    return elsewhere;
  } catch (error) {
    elsewhere[Symbol.dispose]();
    throw error;
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(path, resolve);
  try {
    await promise;
  } finally {
    server.off("error", reject);
  }
}
