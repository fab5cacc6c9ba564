/**
 * Serves one task on top of a capability: each public method is a method of the task and is called with one object of
 * named arguments and the call's context. A method whose name begins with `_` is not reachable.
 *
 * ```ts
 * export class Transcription extends TaskAdapter<Whisper> {
 *   static override readonly taskName = "transcription";
 *   async transcribe({ audio }: { audio: string }, ctx: CallContext) { ... this.tool ... }
 * }
 * ```
 */
export abstract class TaskAdapter<Tool> {
  /** Name of the task that callers ask for. */
  static readonly taskName: string = "";
  protected readonly tool: Tool;

  constructor(tool: Tool) {
    this.tool = tool;
  }
}
