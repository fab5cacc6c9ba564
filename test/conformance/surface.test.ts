import { SurfaceSchema } from "@cjm/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

interface Surface {
  readonly methods: { readonly name: string; readonly signature: string; readonly params: readonly string[] }[];
  readonly properties: readonly string[];
  readonly attributes: { readonly name: string; readonly type: string }[];
}

describe.each(WORKER_KINDS)("$language worker, structural surface", (kind) => {
  let worker: WorkerUnderTest;
  let surface: Surface;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind, kind.probes.surface);
    surface = (await worker.get("/structural_surface")).json as Surface;
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const method = (name: string) => surface.methods.find((candidate) => candidate.name === name);

  test("has the three lists and nothing else", () => {
    expect(Object.keys(surface)).toEqual(["methods", "properties", "attributes"]);
    expect(() => SurfaceSchema.parse(surface)).not.toThrow();
    for (const entry of surface.methods) expect(Object.keys(entry)).toEqual(["name", "signature", "params"]);
    for (const entry of surface.attributes) expect(Object.keys(entry)).toEqual(["name", "type"]);
  });

  test.each([
    ["a method with a default and a rest", "verb", ["first", "second", "rest"]],
    ["an asynchronous method", "later", ["path"]],
    ["a generator", "walk", ["depth"]],
    ["a static method", "make", ["first"]],
    ["an inherited method", "inherited", ["first"]],
    ["a method that replaces an inherited one", "replaced", ["fresh"]],
  ])("%s is listed with the names of its parameters", (_name, name, params) => {
    expect(method(name)).toMatchObject({ name, params, signature: expect.stringMatching(/^\(.*\)/) });
  });

  test("methods of the base class belong to it", () => {
    expect(["cleanup", "execute", "prefetch", "reconfigure"].map((name) => method(name)?.name)).toEqual([
      "cleanup",
      "execute",
      "prefetch",
      "reconfigure",
    ]);
  });

  test("what is read or written like a field is a property", () => {
    expect(surface.properties).toEqual(expect.arrayContaining(["state", "writable"]));
    expect(surface.attributes.map((attribute) => attribute.name)).not.toContain("writable");
  });

  test("what stands on the class is an attribute with its type", () => {
    expect(surface.attributes).toContainEqual({ name: "limits", type: kind.expected.objectType });
  });

  test("what is private or of the instance alone is not there", () => {
    const names = [...surface.methods.map((entry) => entry.name), ...surface.properties, ...surface.attributes.map((entry) => entry.name)];
    expect(names.filter((name) => name.startsWith("_") || /of_?the_?instance/i.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("is the same, to the byte, each time and in another worker", async () => {
    const { text } = await worker.get("/structural_surface");
    await using other = await WorkerUnderTest.start(kind, kind.probes.surface);
    expect((await other.get("/structural_surface")).text).toBe(text);
    expect((await worker.get("/structural_surface")).text).toBe(text);
  });
});
