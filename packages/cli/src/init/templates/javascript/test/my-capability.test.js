import assert from "node:assert/strict";
import { test } from "node:test";
import { MyCapability } from "../src/index.js";

const ignore = () => {};
/** As much of a call as the actions use. */
const context = { log: { debug: ignore, info: ignore, warning: ignore, error: ignore } };

test("greets by name", async () => {
  const result = await new MyCapability().execute({ action: "greet", name: "Ada" }, context);
  assert.deepEqual(result, { text: "Hello, Ada!" });
});

test("refuses to greet nobody", async () => {
  await assert.rejects(new MyCapability().execute({ action: "greet" }, context), /name/);
});
