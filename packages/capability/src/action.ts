import type * as z from "zod";
import type { CallContext } from "./call-context.ts";

/** `pure`: the result follows from the input alone. `files`: from the input and the files it names. `never`: not kept. */
export type CachePolicy = "pure" | "files" | "never";

/** What `run` may return: a value, a promise of one, or an (async) generator that streams values. */
export type ActionResult<Value> = Value | Promise<Value> | Generator<Value, void, void> | AsyncGenerator<Value, void, void>;

/** An action as a capability holds it: every option has a value. */
export interface Action<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType, Returned = unknown> {
  /** One sentence for people who choose among actions. */
  readonly description: string;
  readonly input: Input;
  /** Of one chunk, when the action streams. */
  readonly output: Output;
  /** Whether calling it twice does no harm. */
  readonly idempotent: boolean;
  /** Whether its result may be kept. */
  readonly cache: CachePolicy;
  readonly streams: boolean;
  run(input: z.output<Input>, ctx: CallContext): Returned;
}

/** What an author writes; see `Action` for each field. Defaults: `idempotent: false`, `cache: "never"`. */
export interface ActionSpec<Input extends z.ZodObject, Output extends z.ZodType, Returned>
  extends Pick<Action<Input, Output>, "description" | "input" | "output"> {
  readonly idempotent?: boolean;
  readonly cache?: CachePolicy;
  /** Set it when `run` is a plain function that returns a generator; a generator function is recognised. @default false */
  readonly streams?: boolean;
  /**
   * Gets the checked input. Write an arrow function to have `this` be the capability; inside a generator function
   * declare it: `async *run(this: MyCapability, input, ctx) { ... }`.
   */
  readonly run: (input: z.output<Input>, ctx: CallContext) => Returned;
}

/** Declares one action of a capability. Types of `run`'s input and result follow from the two schemas. */
export function action<
  Input extends z.ZodObject,
  Output extends z.ZodType,
  // `const` keeps the literals that `run` returns, so that `{ kind: "text" }` satisfies an enum.
  const Returned extends ActionResult<ReadonlyDeep<z.input<Output>>>,
>(spec: ActionSpec<Input, Output, Returned>): Action<Input, Output, Returned> {
  return {
    ...spec,
    idempotent: spec.idempotent ?? false,
    cache: spec.cache ?? "never",
    streams: spec.streams ?? isGeneratorFunction(spec.run),
  };
}

type ReadonlyDeep<Value> = Value extends readonly unknown[] | Record<string, unknown>
  ? { readonly [Key in keyof Value]: ReadonlyDeep<Value[Key]> }
  : Value;

function isGeneratorFunction(value: unknown): boolean {
  return typeof value === "function" && /^(Async)?GeneratorFunction$/.test(Object.prototype.toString.call(value).slice(8, -1));
}
