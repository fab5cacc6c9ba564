import type { Duplex } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { CONTROL_PROTOCOL_VERSION, type HelloFrame, type WorkerFrame, WorkerFrameSchema } from "@cjm/protocol";

/** What a worker pushes about a call, or a lifecycle call, of a job. */
export type ProgressFrame = Extract<WorkerFrame, { type: "progress" }>;

export interface ControlListener {
  /** For every frame that the contract knows; what it does not know is dropped. */
  onFrame(frame: WorkerFrame): void;
  /** The worker's end was closed. */
  onClosed(): void;
}

const LONGEST_FRAME = 4 * 1024 * 1024;

/** The host's end of a worker's control channel. As long as it is open, the worker lives. */
export class ControlChannel {
  readonly #stream: Duplex;

  constructor(stream: Duplex, listener: ControlListener) {
    this.#stream = stream;
    const decoder = new StringDecoder("utf8");
    let rest = "";
    stream.on("error", () => {});
    stream.once("close", () => listener.onClosed());
    stream.on("data", (bytes: Buffer) => {
      const lines = (rest + decoder.write(bytes)).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST_FRAME) rest = "";
      for (const line of lines) {
        const frame = parseFrame(line);
        if (frame !== null) listener.onFrame(frame);
      }
    });
  }

  hello(token: string, sessionId: string): void {
    const frame: HelloFrame = { type: "hello", protocol: CONTROL_PROTOCOL_VERSION, token, session_id: sessionId };
    this.#stream.write(`${JSON.stringify(frame)}\n`);
  }

  /** Ends the channel, which ends the worker. */
  close(): void {
    this.#stream.destroy();
  }
}

function parseFrame(line: string): WorkerFrame | null {
  try {
    return WorkerFrameSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
