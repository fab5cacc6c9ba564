import type { EnvironmentModules } from "./environment-modules.ts";
import { errorFacts } from "./error-facts.ts";
import { loadAdapter } from "./load-adapter.ts";

/** A method of an adapter that is bound already. */
export type TaskMethod = (kwargs: Readonly<Record<string, unknown>>, ctx: unknown) => unknown;

/** The adapters bound to one capability, by task. */
export class TaskAdapters {
  readonly #byTask = new Map<string, object>();

  /**
   * Binds `module:Class` specs in order; the first of a task wins. One that is not bound is reported and left out: the
   * capability itself may still be wanted.
   */
  async bind(
    specs: readonly string[],
    modules: EnvironmentModules,
    tool: unknown,
    report: (message: string, excText: string | null) => void,
  ): Promise<void> {
    for (const spec of specs) {
      try {
        await this.#bindOne(spec, modules, tool);
      } catch (error) {
        const facts = errorFacts(error);
        report(`The adapter ${spec} is not bound: ${facts.message}`, facts.stack);
      }
    }
  }

  /** The method that serves `task.method`, or in words why there is none. */
  find(task: string, method: string): { readonly call: TaskMethod } | { readonly absent: string } {
    const adapter = this.#byTask.get(task);
    if (adapter === undefined) {
      const bound = [...this.#byTask.keys()].join(", ") || "none";
      return { absent: `No adapter is bound for the task ${JSON.stringify(task)}. Bound: ${bound}.` };
    }
    if (method === "" || method.startsWith("_") || method === "constructor" || method in Object.prototype) {
      return { absent: `${JSON.stringify(method)} is no method of the task ${JSON.stringify(task)}.` };
    }
    const found = memberOf(adapter, method);
    if (typeof found !== "function")
      return { absent: `The adapter of the task ${JSON.stringify(task)} has no method ${JSON.stringify(method)}.` };
    return { call: (kwargs, ctx) => found.call(adapter, kwargs, ctx) };
  }

  async #bindOne(spec: string, modules: EnvironmentModules, tool: unknown): Promise<void> {
    const { cls, task } = await loadAdapter(modules, spec);
    const bound = this.#byTask.get(task);
    if (bound !== undefined) throw new Error(`the task ${JSON.stringify(task)} is served by ${bound.constructor.name} already`);
    this.#byTask.set(task, new cls(tool));
  }
}

/** A getter that fails is no method. */
function memberOf(adapter: object, name: string): unknown {
  try {
    return Reflect.get(adapter, name);
  } catch {
    return undefined;
  }
}
