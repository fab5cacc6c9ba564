import { expect, test } from "vitest";
import { authoringMistakes } from "../src/author-mistakes.ts";
import { action, reloadTrigger, z } from "../src/index.ts";

const good = { className: "Probe", config: z.object({}), workerEnv: [], actions: {}, hasMethod: (name: string) => name === "releaseModel" };
const fine = action({ description: "Fine.", input: z.object({}), output: z.string(), run: () => "" });

test("a good class has none", () => {
  expect(authoringMistakes({ ...good, actions: { fine }, workerEnv: [{ name: "HOME_DIR" }] })).toEqual([]);
});

test.each([
  [{ config: z.string() }, "Probe.config is no zod object."],
  [{ config: { a: 1 } }, "Probe.config is no zod object."],
  [
    { config: z.object({ size: reloadTrigger("model", z.string()), voice: reloadTrigger("voice_pack", z.string()).default("a") }) },
    'Probe.config.voice has the reload trigger "voice_pack", and there is no method for it.',
  ],
  [{ workerEnv: {} }, "Probe.workerEnv is no array."],
  [{ workerEnv: [{ name: "1A" }] }, "Probe.workerEnv[0].name is no name of an environment variable."],
  [{ workerEnv: [{ name: "KEY", secret: true, default: "x" }] }, "Probe.workerEnv[0].default is set although the variable is secret."],
  [{ actions: undefined }, "Probe.actions is no object of actions."],
  [{ actions: { describe: fine } }, "Probe.actions.describe has the name of the action that every capability has already."],
  [{ actions: { "a b": fine } }, "Probe.actions.a b has a name that cannot be typed in a shell."],
  [{ actions: { a: 7 } }, "Probe.actions.a is no action."],
  [{ actions: { a: { ...fine, run: undefined } } }, "Probe.actions.a.run is no function."],
  [{ actions: { a: { ...fine, description: " " } } }, "Probe.actions.a.description is empty."],
  [{ actions: { a: { ...fine, input: z.string() } } }, "Probe.actions.a.input is no zod object."],
  [{ actions: { a: { ...fine, output: undefined } } }, "Probe.actions.a.output is no zod schema."],
  [{ actions: { a: { ...fine, cache: "always" } } }, 'Probe.actions.a.cache is "always".'],
])("%j", (change, message) => {
  const mistakes = authoringMistakes({ ...good, ...change });
  expect(mistakes.map((mistake) => mistake.message)).toEqual([message]);
  expect(mistakes[0]?.hint).not.toBe("");
});

test("all of them are told at once", () => {
  expect(authoringMistakes({ ...good, config: 1, actions: { describe: { ...fine, run: 1 } } })).toHaveLength(3);
});
