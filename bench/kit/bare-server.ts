import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ServingProcess } from "./serving-process.ts";

const HEADERS = { "content-type": "application/json" };

/** The floor of a call: an undici pool that calls Fastify over a Unix socket, with nothing around either. */
export class BareServer implements AsyncDisposable {
  readonly #server: ServingProcess;

  private constructor(server: ServingProcess) {
    this.#server = server;
  }

  /** @param folder for its socket; it is made */
  static async start(folder: string): Promise<BareServer> {
    const program = fileURLToPath(new URL("../subjects/fastify-alone.mjs", import.meta.url));
    mkdirSync(folder);
    const { process: server } = await ServingProcess.start({ command: process.execPath, args: (socket) => [program, socket] }, folder);
    return new BareServer(server);
  }

  get pid(): number {
    return this.#server.pid;
  }

  async execute(kwargs: { readonly action: string; readonly payload?: string }): Promise<unknown> {
    const body = JSON.stringify({ args: [], kwargs });
    const answer = await this.#server.pool.request({ path: "/execute", method: "POST", headers: HEADERS, body });
    return await answer.body.json();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}
