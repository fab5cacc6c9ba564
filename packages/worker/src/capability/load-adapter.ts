import { AuthorError } from "./author-error.ts";
import type { EnvironmentModules } from "./environment-modules.ts";

/** The class of a task adapter, of whichever copy of `@cjm/capability` it is. */
export interface AdapterInHand {
  /** As in its spec. */
  readonly module: string;
  readonly className: string;
  readonly cls: new (tool: unknown) => object;
  readonly task: string;
  /** Of the module. */
  readonly url: string;
}

/** Imports what `module:Class` names. @throws AuthorError */
export async function loadAdapter(modules: EnvironmentModules, spec: string): Promise<AdapterInHand> {
  const colon = spec.lastIndexOf(":");
  const [module, className] = [spec.slice(0, colon), spec.slice(colon + 1)];
  if (colon <= 0 || className === "") {
    throw new AuthorError(`'${spec}' names no adapter as module:Class.`, "Write it such as my-adapters:Transcription.");
  }
  const { url, exports } = await modules.import(module);
  const cls = exports[className];
  if (!isClass(cls)) {
    const names = Object.keys(exports).join(", ") || "nothing";
    throw new AuthorError(
      `${module} exports no class ${className}. It exports: ${names}.`,
      `Write \`export class ${className} extends TaskAdapter<...> { ... }\` in that module, or name the module that has it.`,
    );
  }
  const task: unknown = Reflect.get(cls, "taskName");
  if (typeof task === "string" && task !== "") return { module, className, cls, task, url };
  throw new AuthorError(
    `${className} of ${module} is no adapter: its taskName is no text.`,
    'Write `static override readonly taskName = "..."` in the class.',
  );
}

function isClass(value: unknown): value is AdapterInHand["cls"] {
  return typeof value === "function" && typeof value.prototype === "object";
}
