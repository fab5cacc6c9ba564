/** What a tool must have so that an adapter fits it. Types are gone when a host looks, so it is said as a value. */
export interface RequiredTool<Tool = Readonly<Record<string, (...args: never[]) => unknown>>> {
  /** Methods, each with the names that its parameters begin with; `[]` takes it with any. For `f({ a, b })` these are `a` and `b`. */
  readonly methods?: { readonly [Name in MethodNames<Tool>]?: readonly string[] };
  /** Getters and setters. Fields of an instance cannot be asked for: no manifest records them. */
  readonly properties?: readonly (keyof Tool & string)[];
}

type MethodNames<Tool> = { [Key in keyof Tool]: Tool[Key] extends (...args: never[]) => unknown ? Key : never }[keyof Tool] & string;

/**
 * Serves one task on top of a capability: each public method is a method of the task and is called with one object of
 * named arguments and the call's context. A method whose name begins with `_` is not reachable.
 *
 * ```ts
 * export class Transcription extends TaskAdapter<Whisper> {
 *   static override readonly taskName = "transcription";
 *   static override readonly requiredTool: RequiredTool<Whisper> = { methods: { decode: ["audio"] } };
 *   async transcribe({ audio }: { audio: string }, ctx: CallContext) { ... this.tool ... }
 * }
 * ```
 */
export abstract class TaskAdapter<Tool> {
  /** Name of the task that callers ask for. */
  static readonly taskName: string = "";
  /** Hosts bind the adapter to the tools that have this. @default nothing, which every tool has */
  static readonly requiredTool: RequiredTool = {};
  protected readonly tool: Tool;

  constructor(tool: Tool) {
    this.tool = tool;
  }
}
