import type { Action } from "./action.ts";
import { DESCRIBE_ACTION } from "./author-mistakes.ts";
import type { CallContext } from "./call-context.ts";
import { CapabilityFatalError, CapabilityInputError } from "./capability-error.ts";
import { schemaIssues, unknownFields } from "./schema-issues.ts";
import { wireKindOf, wireValue } from "./wire-type.ts";

export type ActionTable = Readonly<Record<string, Action>>;

/** An action that was asked for by name, with what it is to be given. */
export interface ActionCall {
  readonly name: string;
  readonly action: Action;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Splits named arguments into the action that they name and its input. @throws CapabilityInputError */
export function findAction(actions: ActionTable, kwargs: Readonly<Record<string, unknown>>, capabilityName: string): ActionCall {
  const { action: name, ...input } = kwargs;
  const known = [...Object.keys(actions), DESCRIBE_ACTION].join(", ");
  if (name === undefined) {
    throw new CapabilityInputError(`action is required. ${capabilityName} has: ${known}.`, { fields: ["action"] });
  }
  const action = typeof name === "string" && Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined || typeof name !== "string") {
    throw new CapabilityInputError(`${capabilityName} has no action ${JSON.stringify(name)}. It has: ${known}.`, { fields: ["action"] });
  }
  return { name, action, input };
}

/** Runs an action and yields its checked results: one, or as many as it streams. */
export async function* runAction(capability: unknown, call: ActionCall, ctx: CallContext): AsyncGenerator<unknown, void, void> {
  const input = await checkedInput(call);
  const returned: unknown = await call.action.run.call(capability as never, input, ctx);
  if (!isGenerator(returned)) {
    yield await checkedOutput(call, returned);
    return;
  }
  for await (const chunk of returned) yield await checkedOutput(call, chunk);
}

/** The whole result of an action; a list of the chunks when it streams. */
export async function collectAction(capability: unknown, call: ActionCall, ctx: CallContext): Promise<unknown> {
  const input = await checkedInput(call);
  const returned: unknown = await call.action.run.call(capability as never, input, ctx);
  if (!isGenerator(returned)) return checkedOutput(call, returned);
  const chunks: unknown[] = [];
  for await (const chunk of returned) chunks.push(await checkedOutput(call, chunk));
  return chunks;
}

async function checkedInput({ name, action, input }: ActionCall): Promise<Record<string, unknown>> {
  const unknown = unknownFields(action.input, input);
  const parsed = await action.input.safeParseAsync(input);
  if (parsed.success && unknown.length === 0) return parsed.data;
  const issues = parsed.success ? { text: "", fields: [] } : schemaIssues(parsed.error, input);
  const accepted = Object.keys(action.input.shape).join(", ") || "none";
  const unknownText = unknown.map((field) => `${field}: no such argument (there are: ${accepted})`);
  throw new CapabilityInputError(`Wrong input for ${name}: ${[issues.text, ...unknownText].filter((text) => text !== "").join("; ")}.`, {
    fields: [...issues.fields, ...unknown],
  });
}

async function checkedOutput({ name, action }: ActionCall, value: unknown): Promise<unknown> {
  const parsed = await action.output.safeParseAsync(value);
  if (!parsed.success) {
    const issues = schemaIssues(parsed.error, value);
    throw new CapabilityFatalError(
      `${name} returned what its output schema does not allow: ${issues.text}. Correct the action or its schema.`,
    );
  }
  const kind = wireKindOf(action.output);
  return kind === null ? parsed.data : wireValue(kind, parsed.data);
}

function isGenerator(value: unknown): value is AsyncGenerator<unknown> | Generator<unknown> {
  if (typeof value !== "object" || value === null || !("next" in value) || typeof value.next !== "function") return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
