import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import { CONTROL_FD, type HelloFrame, isHelloFrame, type WorkerFrame } from "@cjm/protocol/plain";
import { UsageError } from "../worker-arguments.ts";

/** What may wait for a host that does not read, in bytes. Beyond it log and progress frames are dropped and counted. */
const BACKLOG_LIMIT_BYTES = 8 * 1024 * 1024;

/** The worker's end of the control channel. Its end means that the host is gone. */
export class ControlChannel {
  /** Resolves with the host's first line. */
  readonly hello: Promise<HelloFrame>;
  readonly #socket: Socket;
  #dropped = 0;

  /** @throws UsageError when descriptor 3 is no channel: the program was not started by a host */
  constructor(onEnd: () => void, fd: number = CONTROL_FD) {
    if (!isChannel(fd)) {
      throw new UsageError(
        `File descriptor ${fd} is no control channel. A cjm host starts this program; use 'cjm-ctl call' to try a capability.`,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<HelloFrame>();
    this.hello = promise;
    // Not left open half-way: a host that closes its side is gone.
    this.#socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: false });
    this.#socket.on("error", onEnd);
    this.#socket.on("end", onEnd);
    this.#socket.on("close", onEnd);
    this.#readFirstLine(resolve, reject);
  }

  send(frame: WorkerFrame): void {
    const droppable = frame.type === "log" || frame.type === "progress";
    if (droppable && this.#socket.writableLength > BACKLOG_LIMIT_BYTES) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0 && frame.type === "log") {
      const message = `${this.#dropped} log and progress frames were dropped: the host did not read.`;
      this.#dropped = 0;
      this.#write({ ...frame, level: "WARNING", logger: "cjm.worker", message, job_id: null, exc_text: null });
    }
    this.#write(frame);
  }

  /** Resolves when everything sent so far has left this process, or cannot. */
  flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.write("", () => resolve());
    return promise;
  }

  #write(frame: WorkerFrame): void {
    this.#socket.write(`${JSON.stringify(frame)}\n`);
  }

  #readFirstLine(resolve: (frame: HelloFrame) => void, reject: (error: Error) => void): void {
    let text = "";
    const onData = (chunk: Buffer): void => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end === -1) return;
      this.#socket.off("data", onData);
      // Keeps reading, since only a reader notices the end.
      this.#socket.resume();
      const hello = parseJson(text.slice(0, end));
      if (isHelloFrame(hello)) resolve(hello);
      else reject(new Error("The host's first line on the control channel is no hello frame of this protocol version."));
    };
    this.#socket.on("data", onData);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isChannel(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isSocket() || stat.isFIFO();
  } catch {
    return false;
  }
}
