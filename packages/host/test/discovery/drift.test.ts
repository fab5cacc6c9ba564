import { canonicalHash, ManifestSchema, parseLosslessJson } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { driftOf } from "../../src/discovery/drift.ts";

const hashOf = (text: string): string => canonicalHash(parseLosslessJson(text));

/** As it is read from its file: whether a number was written `1` or `1.0` is only in the hash. */
function manifestOf(recorded: { schema?: string | null; surface?: string | null }) {
  const { schema = null, surface = null } = recorded;
  return ManifestSchema.parse({
    format_version: "2.0",
    install: {},
    code: {
      name: "tool",
      config_schema: schema === null ? null : JSON.parse(schema),
      structural_surface: surface === null ? null : JSON.parse(surface),
    },
    drift_tracking: {
      config_schema_hash: schema === null ? null : hashOf(schema),
      structural_surface_hash: surface === null ? null : hashOf(surface),
    },
  });
}

const SCHEMA = '{"properties": {"rate": {"type": "number", "default": 1.0}, "model": {"enum": ["small", "large"]}}}';

describe("the schema", () => {
  test.each([
    ["the same", SCHEMA, SCHEMA],
    ["the same, written in another way", SCHEMA, SCHEMA.replace("1.0", "1.00").replaceAll(" ", "")],
    ["the worker cannot tell", SCHEMA, null],
    ["none recorded and none there", null, "{}"],
    ["none recorded and null there", null, " null "],
  ])("%s: no drift", (_name, recorded, live) => {
    expect(driftOf(manifestOf({ schema: recorded }), { configSchema: live, surface: null })).toBeNull();
  });

  test.each([
    ["a whole number and a float of its value", SCHEMA.replace("1.0", "1"), [expect.stringContaining("the hash alone")]],
    ["another default", SCHEMA.replace("1.0", "1.5"), ["properties.rate.default changed"]],
    ["a value less", SCHEMA.replace(', "large"', ""), ["properties.model.enum.large removed"]],
    ["a field more", SCHEMA.replace('"rate"', '"beams": {}, "rate"'), ["properties.beams added"]],
    ["another kind of thing", "[1]", ["all of it changed"]],
  ])("%s is drift", (_name, live, differences) => {
    const drift = driftOf(manifestOf({ schema: SCHEMA }), { configSchema: live, surface: null });
    expect(drift).toEqual({ configSchema: { recordedHash: hashOf(SCHEMA), liveHash: hashOf(live), differences }, surface: null });
  });

  test("one that was never recorded differs from any that has something in it", () => {
    expect(driftOf(manifestOf({}), { configSchema: SCHEMA, surface: null })?.configSchema).toMatchObject({
      recordedHash: null,
      differences: ["properties added"],
    });
  });

  test("many differences are cut off", () => {
    const many = JSON.stringify({ properties: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, {}])) });
    expect(driftOf(manifestOf({ schema: SCHEMA }), { configSchema: many, surface: null })?.configSchema?.differences).toHaveLength(20);
  });
});

describe("the surface", () => {
  const SURFACE = '{"methods": [{"name": "run", "signature": "(a)", "params": ["a"]}], "properties": [], "attributes": []}';

  test("one that was never recorded is not compared", () => {
    expect(driftOf(manifestOf({}), { configSchema: null, surface: SURFACE })).toBeNull();
  });

  test("members are told by name", () => {
    const live = SURFACE.replace('"params": ["a"]', '"params": ["b"]').replace('"properties": []', '"properties": ["name"]');
    expect(driftOf(manifestOf({ surface: SURFACE }), { configSchema: null, surface: live })?.surface?.differences).toEqual([
      "methods.run.params.a removed",
      "methods.run.params.b added",
      "properties.name added",
    ]);
  });
});
