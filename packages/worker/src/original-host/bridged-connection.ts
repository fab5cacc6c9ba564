import { connect, type Socket } from "node:net";
import { Transform } from "node:stream";
import type { BridgedWorker } from "./bridged-worker.ts";
import { RequestFramer } from "./request-framer.ts";

/** How long the end of a dying process may come after the end of its connections. */
const DEATH_NOTICE_MS = 100;

/**
 * One connection of the host with one of its own to the worker. Bytes pass as they come, both ways; each request gets the
 * token that the host does not know of. A host that leaves takes its connection to the worker along, which ends a stream.
 */
export class BridgedConnection {
  /** Resolves when the worker will say nothing more and what it said has left. */
  readonly answered: Promise<void>;
  /** Resolves when the host's side is closed. */
  readonly closed: Promise<void>;

  constructor(client: Socket, worker: Pick<BridgedWorker, "socketPath" | "token" | "ended">) {
    const upstream = connect(worker.socketPath);
    const answered = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    this.answered = answered.promise;
    this.closed = closed.promise;
    client.pipe(withToken(worker.token)).pipe(upstream);
    upstream.pipe(client, { end: false });
    client.on("error", () => {});
    upstream.on("error", () => {});
    client.once("close", () => {
      upstream.destroy();
      answered.resolve();
      closed.resolve();
    });
    upstream.once("close", () => {
      client.write("", () => answered.resolve());
      // A host that sees the connection end asks at once whether the worker lives, and must not be told that it does.
      void happensWithin(DEATH_NOTICE_MS, worker.ended).then((isDead) => {
        if (!isDead) client.end();
      });
    });
  }
}

function withToken(token: string): Transform {
  const framer = new RequestFramer(`Authorization: Bearer ${token}\r\n`);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const piece of framer.push(chunk)) this.push(piece);
      done();
    },
  });
}

async function happensWithin(limitMs: number, event: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), limitMs);
  const happened = await Promise.race([event.then(() => true), late.promise]);
  clearTimeout(timer);
  return happened;
}
