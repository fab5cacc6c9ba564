import { expectTypeOf, test } from "vitest";
import { action, type CallContext, type RequiredTool, TaskAdapter, ToolCapability, z } from "../src/index.ts";

const Config = z.object({ minLength: z.int().default(1), model: z.string().optional() });

class Typed extends ToolCapability<typeof Config> {
  static override readonly config = Config;
  readonly actions = {
    analyse: action({
      description: "Analyses.",
      input: z.object({ text: z.string(), limit: z.int().default(10) }),
      output: z.object({ kind: z.enum(["text", "html"]), tags: z.array(z.literal("a")) }),
      run: (input, ctx) => {
        expectTypeOf(input).toEqualTypeOf<{ text: string; limit: number }>();
        expectTypeOf(ctx).toEqualTypeOf<CallContext>();
        expectTypeOf(this.config).toEqualTypeOf<{ minLength: number; model?: string | undefined }>();
        return { kind: "text", tags: ["a"] };
      },
    }),
    later: action({
      description: "Answers later.",
      input: z.object({}),
      output: z.object({ kind: z.enum(["text", "html"]) }),
      run: async () => ({ kind: "html" }),
    }),
    stream: action({
      description: "Streams.",
      input: z.object({ count: z.int() }),
      output: z.object({ index: z.int() }),
      async *run(this: Typed, { count }) {
        expectTypeOf(this.config.minLength).toEqualTypeOf<number>();
        yield { index: count };
      },
    }),
  };
}

test("input, configuration and result follow from the schemas", () => {
  expectTypeOf<Typed["actions"]["analyse"]["run"]>().parameter(0).toEqualTypeOf<{ text: string; limit: number }>();
  expectTypeOf<ReturnType<Typed["actions"]["later"]["run"]>>().resolves.toHaveProperty("kind").toEqualTypeOf<"html">();
  expectTypeOf<ReturnType<Typed["actions"]["stream"]["run"]>>().toExtend<AsyncGenerator<{ index: number }>>();
});

test("a wrong result does not compile", () => {
  const spec = { description: "Wrong.", input: z.object({}), output: z.object({ words: z.int() }) };
  // @ts-expect-error a string where a number belongs
  action({ ...spec, run: () => ({ words: "4" }) });
  // @ts-expect-error a field is missing
  action({ ...spec, run: async () => ({}) });
  // @ts-expect-error the schema of arguments must be an object
  action({ ...spec, input: z.string(), run: () => ({ words: 1 }) });
});

test("an adapter sees its tool", () => {
  class Adapter extends TaskAdapter<Typed> {
    static override readonly taskName = "analysis";
    analyse({ text }: { text: string }, ctx: CallContext) {
      expectTypeOf(this.tool).toEqualTypeOf<Typed>();
      return this.tool.actions.analyse.run({ text, limit: 1 }, ctx);
    }
  }
  expectTypeOf<ReturnType<Adapter["analyse"]>>().toHaveProperty("kind").toEqualTypeOf<"text">();
});

test("what an adapter requires follows from its tool", () => {
  interface Needs {
    readonly words: readonly string[];
    count(text: string): number;
  }
  class Counting extends TaskAdapter<Needs> {
    static override readonly taskName = "counting";
    static override readonly requiredTool: RequiredTool<Needs> = { methods: { count: ["text"] }, properties: ["words"] };
  }
  expectTypeOf(Counting.requiredTool).toExtend<RequiredTool>();
  // @ts-expect-error the tool has no such method
  const misspelled: RequiredTool<Needs> = { methods: { cuont: ["text"] } };
  // @ts-expect-error a property is no method
  const mistaken: RequiredTool<Needs> = { methods: { words: [] } };
  expectTypeOf([misspelled, mistaken]).toExtend<readonly RequiredTool[]>();
});
