import { type CallContext, type NamedArguments, ToolCapability } from "@cjm/capability";

/** The twin of `own_execute_probe.py`: has no actions and serves calls by itself. */
export class OwnExecuteProbe extends ToolCapability {
  static override readonly capabilityName = "own-execute-probe";
  readonly actions = {};

  override async execute(kwargs: NamedArguments, _ctx: CallContext, args: readonly unknown[] = []): Promise<unknown> {
    return { args, kwargs };
  }
}
