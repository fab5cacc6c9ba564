import { describe, expect, test } from "vitest";
import {
  action,
  CAPABILITY_PORT,
  CapabilityFatalError,
  capabilityErrorFacts,
  isWireValue,
  ToolCapability,
  wireType,
  z,
} from "../src/index.ts";
import { FakeCallContext } from "./fake-call-context.ts";

const Config = z.object({ minLength: z.int().min(1).default(1), model: z.enum(["small", "large"]).default("small") });

class Words extends ToolCapability<typeof Config> {
  static override readonly config = Config;
  static override readonly description = "Counts words.";
  static override readonly workerEnv = [{ name: "API_KEY", secret: true }];
  readonly reconfigured: unknown[] = [];
  readonly actions = {
    count: action({
      description: "Counts words.",
      input: z.object({ text: z.string(), unit: z.enum(["word", "line"]).default("word") }),
      output: z.object({ words: z.int() }),
      idempotent: true,
      cache: "pure",
      run: ({ text }) => ({ words: text.split(/\s+/).filter((word) => word.length >= this.config.minLength).length }),
    }),
    letters: action({
      description: "Streams letters.",
      input: z.object({ text: z.string() }),
      output: z.string(),
      async *run(this: Words, { text }, ctx) {
        for (const letter of text) {
          ctx.throwIfCancelled();
          yield letter.repeat(this.config.minLength);
        }
      },
    }),
    plainGenerator: action({
      description: "Streams through a method.",
      input: z.object({}),
      output: z.int(),
      streams: true,
      run: () => this.numbers(),
    }),
    wrong: action({
      description: "Returns what it must not.",
      input: z.object({}),
      output: z.object({ words: z.int().max(3) }),
      run: async () => ({ words: 4 }),
    }),
    typed: action({
      description: "Returns a typed value.",
      input: z.object({}),
      output: wireType("word.count", z.object({ words: z.int() })),
      run: () => ({ words: 1 }),
    }),
  };

  *numbers(): Generator<number, void, void> {
    yield 1;
    yield 2;
  }

  override reconfigure(oldConfig: unknown, newConfig: z.output<typeof Config>): void {
    this.reconfigured.push([oldConfig, newConfig]);
    if (newConfig.model === "large") throw new CapabilityFatalError("no large model here");
  }
}

async function configured(raw: unknown = {}): Promise<Words> {
  const words = new Words();
  await words[CAPABILITY_PORT]().configure(raw);
  return words;
}

async function collect(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const ctx = new FakeCallContext();

describe("execute", () => {
  test("runs the named action with the checked input and the configuration", async () => {
    const words = await configured({ minLength: 3 });
    expect(await words.execute({ action: "count", text: "a bcd ef ghij" }, ctx)).toEqual({ words: 2 });
  });

  test("collects what a streaming action yields", async () => {
    const words = await configured();
    expect(await words.execute({ action: "letters", text: "ab" }, ctx)).toEqual(["a", "b"]);
    expect(await words.execute({ action: "plainGenerator" }, ctx)).toEqual([1, 2]);
  });

  test.each([
    [{ action: "count" }, ["text"], "text: is required (expected string)"],
    [{ action: "count", text: 7 }, ["text"], "text: invalid input: expected string, received number"],
    [{ action: "count", text: "a", unit: "page" }, ["unit"], "unit:"],
    [{ action: "count", txt: "a" }, ["text", "txt"], "txt: no such argument (there are: text, unit)"],
    [{ text: "a" }, ["action"], "action is required. Words has: count, letters, plainGenerator, wrong, typed, describe."],
    [{ action: "sing" }, ["action"], 'Words has no action "sing"'],
    [{ action: "toString" }, ["action"], 'no action "toString"'],
  ])("refuses %j and names %j", async (kwargs, fields, text) => {
    const words = await configured();
    const error = await words.execute(kwargs, ctx).catch((thrown: unknown) => thrown);
    expect(capabilityErrorFacts(error)).toMatchObject({ category: "user_input", fieldsInvalid: fields });
    expect((error as Error).message).toContain(text);
  });

  test("takes the action as the one positional argument, and no others", async () => {
    const words = await configured();
    expect(await words.execute({ text: "a b" }, ctx, ["count"])).toEqual({ words: 2 });
    expect(await collect(words.executeStream({ text: "ab" }, ctx, ["letters"]))).toEqual(["a", "b"]);
    await expect(words.execute({ action: "count" }, ctx, ["a"])).rejects.toThrow("named arguments only");
    await expect(words.execute({}, ctx, ["count", "a"])).rejects.toThrow("named arguments only");
  });

  test("names action and field of a result that its schema does not allow", async () => {
    const words = await configured();
    const error = await words.execute({ action: "wrong" }, ctx).catch((thrown: unknown) => thrown);
    expect(capabilityErrorFacts(error)?.category).toBe("fatal");
    expect((error as Error).message).toMatch(/^wrong returned what its output schema does not allow: words: /);
  });

  test("marks the result of a typed output", async () => {
    const result = await (await configured()).execute({ action: "typed" }, ctx);
    expect(isWireValue(result) && [result.kind, result.data]).toEqual(["word.count", { words: 1 }]);
  });

  test("describes the capability", async () => {
    const words = await configured();
    words[CAPABILITY_PORT]().attach({ name: "cjm-words", version: "1.2.3", description: "Counts.", dependencies: { zod: "4.0.0" } });
    expect(await words.execute({ action: "describe" }, ctx)).toMatchObject({
      name: "cjm-words",
      version: "1.2.3",
      description: "Counts.",
      runtime: { language: "node", version: process.versions.node },
      dependencies: { zod: "4.0.0" },
      actions: [{ name: "count", streams: false, cache: "pure", idempotent: true }, { name: "letters", streams: true }, {}, {}, {}],
    });
  });
});

describe("executeStream", () => {
  test("yields chunk by chunk, and one result of an action that does not stream", async () => {
    const words = await configured({ minLength: 2 });
    expect(await collect(words.executeStream({ action: "letters", text: "ab" }, ctx))).toEqual(["aa", "bb"]);
    expect(await collect(words.executeStream({ action: "count", text: "ab c" }, ctx))).toEqual([{ words: 1 }]);
  });

  test("serves a class that overrides execute alone", async () => {
    class Own extends ToolCapability {
      readonly actions = {};
      override async execute(kwargs: Readonly<Record<string, unknown>>): Promise<unknown> {
        return { got: kwargs };
      }
    }
    expect(await collect(new Own().executeStream({ a: 1 }, ctx))).toEqual([{ got: { a: 1 } }]);
  });

  test("stops at the next check when cancelled", async () => {
    const words = await configured();
    const own = new FakeCallContext();
    const stream = words.executeStream({ action: "letters", text: "abc" }, own);
    expect(await stream.next()).toEqual({ value: "a", done: false });
    own.cancel();
    await expect(stream.next()).rejects.toThrow("cancelled");
  });
});

describe("configuration", () => {
  test("has its defaults", async () => {
    expect((await configured()).config).toEqual({ minLength: 1, model: "small" });
  });

  test("is refused by field", async () => {
    const error = await configured({ minLength: 0, speed: 1 }).catch((thrown: unknown) => thrown);
    expect(capabilityErrorFacts(error)?.fieldsInvalid).toEqual(["minLength", "speed"]);
    expect((error as Error).message).toContain("speed: no such field (there are: minLength, model)");
  });

  test("read too early says where to read it", () => {
    expect(() => new Words().config).toThrow("Read it in initialize()");
  });

  test("changes with the author's hook, and stands again when the hook throws", async () => {
    const words = await configured({ minLength: 2 });
    const port = words[CAPABILITY_PORT]();
    await port.reconfigure(null, { minLength: 3 }, ctx);
    expect(words.config.minLength).toBe(3);
    await expect(port.reconfigure(null, { model: "large" }, ctx)).rejects.toThrow("no large model");
    expect(words.config).toEqual({ minLength: 3, model: "small" });
    expect(words.reconfigured[0]).toEqual([
      { minLength: 2, model: "small" },
      { minLength: 3, model: "small" },
    ]);
  });
});

test("the declaration holds JSON Schemas and full worker environment records", () => {
  const declaration = new Words()[CAPABILITY_PORT]().declaration();
  expect(declaration).toMatchObject({
    name: null,
    description: "Counts words.",
    configSchema: { type: "object", properties: { minLength: { type: "integer", default: 1 }, model: { enum: ["small", "large"] } } },
    workerEnv: [{ name: "API_KEY", secret: true, required: false, label: "", description: "", default: null }],
  });
  // A field with a default may be left out by the caller.
  expect(declaration.configSchema["required"]).toBeUndefined();
  expect(declaration.actions[4]?.output_schema["wireKind"]).toBe("word.count");
});
