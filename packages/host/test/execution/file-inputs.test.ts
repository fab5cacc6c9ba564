import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { type CallArguments, resolveFileInputs } from "../../src/execution/file-inputs.ts";

describe("arguments", () => {
  test.each<[string, CallArguments, object]>([
    ["plain values stay", { a: 1, b: null, c: [1, { d: "x" }] }, { a: 1, b: null, c: [1, { d: "x" }] }],
    ["a file URL is its path", { file: pathToFileURL("/tmp/größe 1.txt") }, { file: "/tmp/größe 1.txt" }],
    ["a value that writes itself", { image: { toTempFile: () => "/tmp/i.png" } }, { image: "/tmp/i.png" }],
    ["one that takes its time", { image: { toTempFile: async () => "/tmp/i.png" } }, { image: "/tmp/i.png" }],
    ["an object that merely has such a member", { a: { toTempFile: "no function" } }, { a: { toTempFile: "no function" } }],
    ["nothing", {}, {}],
  ])("%s", async (_name, args, resolved) => {
    await expect(resolveFileInputs(args)).resolves.toEqual(resolved);
  });

  test("keep their order, however long each takes", async () => {
    const slow = { toTempFile: () => new Promise<string>((resolve) => setImmediate(resolve, "/slow")) };
    expect(Object.keys(await resolveFileInputs({ b: slow, a: 1, c: { toTempFile: () => "/quick" } }))).toEqual(["b", "a", "c"]);
  });

  test("a URL that is no file is refused by name", async () => {
    await expect(resolveFileInputs({ page: new URL("https://example.org/") })).rejects.toMatchObject({
      code: "CJM_INPUT_INVALID",
      message: "page is a URL of https:// and no file.",
      details: { fieldsInvalid: ["page"] },
    });
  });

  test("a file that cannot be written fails the call with its own error", async () => {
    const broken = { toTempFile: () => Promise.reject(new Error("disk full")) };
    await expect(resolveFileInputs({ broken })).rejects.toThrow("disk full");
  });
});
