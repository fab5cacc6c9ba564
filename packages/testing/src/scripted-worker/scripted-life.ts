import type { ServerResponse } from "node:http";
import { ScriptedFolder } from "./scripted-folder.ts";

/** How a step goes: `waits` does so until the gate of its name is opened, `hangs` for ever. */
export type ScriptedStep = "ok" | "not_supported" | "refuses" | "waits" | "hangs" | "dies";

/** What a scripted worker says of itself and how it takes the steps of its life, given as `SCRIPTED_LIFE` in its environment. */
export interface LifeScript {
  /** JSON texts. */
  readonly configSchema?: string;
  readonly surface?: string;
  readonly configOptions?: string;
  readonly initialize?: ScriptedStep;
  readonly reconfigure?: ScriptedStep;
  readonly prefetch?: ScriptedStep;
  readonly onEnable?: ScriptedStep;
  readonly onDisable?: ScriptedStep;
  /** Whether its progress is another one every time it is asked. */
  readonly progress?: "moves" | "stands";
  /** Memory that it holds from its start, MiB. */
  readonly holdMb?: number;
  /** JSON texts of a system monitor. */
  readonly systemStatus?: string;
  readonly processes?: string;
}

interface StepAnswer {
  readonly done: string;
  readonly refusal: readonly [number, object];
}

const STEPS: Readonly<Record<string, { readonly step: keyof LifeScript } & StepAnswer>> = {
  "/initialize": { step: "initialize", done: "ok", refusal: [400, { detail: "I refuse this configuration" }] },
  "/reconfigure": { step: "reconfigure", done: "reconfigured", refusal: [500, { detail: "I refuse this change" }] },
  "/prefetch": { step: "prefetch", done: "prefetched", refusal: [500, { detail: "nothing can be fetched" }] },
  "/on_enable": { step: "onEnable", done: "enabled", refusal: [200, { status: "error", detail: "the hook fell over" }] },
  "/on_disable": { step: "onDisable", done: "disabled", refusal: [200, { status: "error", detail: "the hook fell over" }] },
};

const TEXTS: Readonly<Record<string, keyof LifeScript>> = {
  "/config_schema": "configSchema",
  "/structural_surface": "surface",
  "/config_options": "configOptions",
  "/get_system_status": "systemStatus",
  "/list_processes": "processes",
};

/** The steps of a scripted worker's life, and its notes of what it was asked. */
export class ScriptedLife {
  readonly folder: ScriptedFolder;
  readonly #script: LifeScript;
  readonly #held: Buffer;
  #looks = 0;
  #config: Readonly<Record<string, unknown>> = {};

  private constructor(script: LifeScript, folder: ScriptedFolder) {
    this.#script = script;
    this.folder = folder;
    // Written to, so that it is resident.
    this.#held = Buffer.alloc((script.holdMb ?? 0) * 1024 * 1024, 1);
  }

  /** Null where the environment holds no script. */
  static fromEnvironment(environment: NodeJS.ProcessEnv): ScriptedLife | null {
    const text = environment["SCRIPTED_LIFE"];
    const folder = environment["CAPABILITY_DATA_DIR"];
    if (text === undefined || folder === undefined) return null;
    return new ScriptedLife(JSON.parse(text) as LifeScript, new ScriptedFolder(folder));
  }

  /** False: this request is none of its own. */
  async answer(path: string, body: Readonly<Record<string, unknown>>, response: ServerResponse): Promise<boolean> {
    this.folder.note(path, { ...body, ...(this.#held.length === 0 ? {} : { heldBytes: this.#held.length }) });
    const step = STEPS[path];
    const text = TEXTS[path];
    if (step !== undefined) {
      await this.#take(step, body, response);
    } else if (text !== undefined && this.#script[text] !== undefined) {
      reply(response, 200, String(this.#script[text]));
    } else if (path === "/config") {
      reply(response, 200, JSON.stringify(this.#config));
    } else if (path === "/progress" && this.#script.progress !== undefined) {
      this.#looks += 1;
      const progress = this.#script.progress === "moves" ? this.#looks / 1_000 : 0.5;
      reply(response, 200, JSON.stringify({ progress, message: "on its way" }));
    } else {
      return false;
    }
    return true;
  }

  async #take(
    { step, done, refusal }: { readonly step: keyof LifeScript } & StepAnswer,
    body: Readonly<Record<string, unknown>>,
    response: ServerResponse,
  ): Promise<void> {
    switch (this.#script[step] ?? "ok") {
      case "not_supported":
        return reply(response, 200, JSON.stringify({ status: "not_supported" }));
      case "refuses":
        return reply(response, refusal[0], JSON.stringify(refusal[1]));
      case "hangs":
        console.log(`${step} hangs`);
        return;
      case "dies":
        console.log(`${step} dies`);
        process.exit(9);
        return;
      case "waits":
        await this.folder.opened(step);
        break;
      default:
        break;
    }
    if (step === "initialize") this.#config = body;
    if (step === "reconfigure") this.#config = body["new_config"] as Readonly<Record<string, unknown>>;
    reply(response, 200, JSON.stringify({ status: done }));
  }
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}
