import type { JsonObject } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { configFaults, configHashOf, resolveCapabilityConfig, schemaDefaults } from "../../src/config/config-resolution.ts";

const SCHEMA: JsonObject = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    model: { type: "string", enum: ["small", "large"], default: "small" },
    beams: { type: "integer", minimum: 1, default: 4 },
    site: { type: "string", format: "uri" },
    tuning: {
      type: "object",
      properties: { rate: { type: "number", default: 0.5 }, name: { type: "string" } },
      required: ["rate", "name"],
      additionalProperties: false,
    },
  },
  required: ["model"],
  additionalProperties: false,
};

describe("a configuration", () => {
  test("given over remembered over defaults; what was chosen is told apart", () => {
    const layers = { schema: SCHEMA, remembered: { model: "large", beams: 2 }, given: { beams: 8 } };
    expect(resolveCapabilityConfig("tool", layers)).toEqual({
      config: { model: "large", beams: 8 },
      chosen: { model: "large", beams: 8 },
      forgotten: [],
    });
    expect(resolveCapabilityConfig("tool", { schema: SCHEMA, remembered: null, given: null })).toEqual({
      config: { model: "small", beams: 4 },
      chosen: {},
      forgotten: [],
    });
  });

  test("what is only remembered may be of an older version", () => {
    const layers = { schema: SCHEMA, remembered: { beams: 2, gone: 1 }, given: null };
    expect(resolveCapabilityConfig("tool", layers)).toMatchObject({ chosen: { beams: 2 }, forgotten: ["gone"] });
  });

  test("given names that nobody knows are refused, or left out", () => {
    const layers = { schema: SCHEMA, remembered: null, given: { modle: "large", beams: 1 } };
    expect(() => resolveCapabilityConfig("tool", layers)).toThrow(
      expect.objectContaining({
        code: "CJM_CAPABILITY_CONFIG_INVALID",
        message: "The configuration of tool has a fault:\n  - modle: is not known; known are model, beams, site, tuning",
        details: { capabilityName: "tool", fieldsInvalid: ["modle"] },
      }),
    );
    expect(resolveCapabilityConfig("tool", layers, "drop").chosen).toEqual({ beams: 1 });
  });

  test.each<[string, JsonObject | null]>([
    ["no schema", null],
    ["a schema without properties", { type: "object" }],
  ])("%s allows everything", (_name, schema) => {
    const layers = { schema, remembered: { a: 1 }, given: { b: 2 } };
    expect(resolveCapabilityConfig("tool", layers).config).toEqual({ a: 1, b: 2 });
    expect(resolveCapabilityConfig("tool", layers, "drop").config).toEqual({ a: 1, b: 2 });
  });
});

describe("faults", () => {
  test.each<[string, JsonObject, readonly [string, string][]]>([
    ["none", { model: "large", beams: 1 }, []],
    [
      "a value that is not among those allowed",
      { model: "huge" },
      [["model", 'must be equal to one of the allowed values ("small", "large")']],
    ],
    ["a number out of range", { model: "small", beams: 0 }, [["beams", "must be >= 1"]]],
    ["another type", { model: "small", beams: "4" }, [["beams", "must be integer"]]],
    ["what is missing and has no default", { beams: 1 }, []],
    ["inside: what has a default is not missing", { model: "small", tuning: { name: "x" } }, []],
    ["inside: what has none is", { model: "small", tuning: {} }, [["tuning.name", "is missing"]]],
    ["inside: a name that nobody knows", { model: "small", tuning: { name: "x", rat: 1 } }, [["tuning.rat", "is not known"]]],
    ["a format is the capability's own affair", { model: "small", site: "no uri" }, []],
    [
      "several at once, names before values",
      { z: 1, a: 1, model: 5 },
      [
        ["a", "is not known"],
        ["z", "is not known"],
        ["model", "must"],
        ["model", "must"],
      ],
    ],
  ])("%s", (_name, config, faults) => {
    expect(configFaults(config, SCHEMA).map(({ field, message }) => [field, message])).toEqual(
      faults.map(([field, message]) => [field, expect.stringContaining(message)]),
    );
  });

  test("a configuration is not changed by being looked at", () => {
    const config = { model: "small", tuning: { name: "x" } };
    configFaults(config, SCHEMA);
    expect(config).toEqual({ model: "small", tuning: { name: "x" } });
  });

  test("a schema that is none is the manifest's fault", () => {
    expect(() => configFaults({ a: 1 }, { properties: { a: { type: "nonsense" } } })).toThrow(
      expect.objectContaining({ code: "CJM_MANIFEST_INVALID", hint: expect.stringContaining("install-all") }),
    );
  });

  test("defaults are those of the top level", () => {
    expect(schemaDefaults(SCHEMA)).toEqual({ model: "small", beams: 4 });
    expect(schemaDefaults(null)).toEqual({});
    expect(schemaDefaults({ properties: { a: { default: null }, b: true } })).toEqual({ a: null });
  });
});

/** Computed by the original over the canonical text. */
const GOLDEN = {
  "{}": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  '{"a":1}': "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
  '{"a":1.0}': "c29a44abc114a1d75486434c013102c9e736f526b4fd19658d9492b7b224de6d",
  '{"a":1e-05}': "6ae5c89e10c5d899e8623d010ecc1403ab93b95aa6d5facf2a942b639ce2de3c",
  '{"a":0.0001}': "c7e0f341a63adab6860299047cc37a631a21511d47c1a39a1041fc4faae655c5",
  '{"a":1e+16}': "a0f92cfd05a74c219a7cd704cf22112bb79bf283876cef955b1d731d5275c73c",
  '{"a":1000000000000000.0}': "7a8eca3c52850d2741c1ee3e2316062cc22de14d6f5ac803eafeb865c03f3562",
  '{"a":-0.0}': "952b7dc455870c265da6a6fb15ef60891abf562f0e3327f095914610b3d00811",
  '{"a":true,"f":false,"z":[{"a":null,"b":1}]}': "b4e39648ce1df6485c6216ebf9406468017a812370d3a3207906898b3045405f",
} as const;

describe("the hash of a configuration", () => {
  const typed = (property: JsonObject): JsonObject => ({ properties: { a: property } });
  const FLOAT = typed({ type: "number" });

  test.each<[JsonObject, JsonObject | null, keyof typeof GOLDEN]>([
    [{}, null, "{}"],
    [{ a: 1 }, null, '{"a":1}'],
    [{ a: 1 }, typed({ type: "integer" }), '{"a":1}'],
    [{ a: 1 }, FLOAT, '{"a":1.0}'],
    [{ a: 1 }, typed({ type: ["number", "null"] }), '{"a":1.0}'],
    [{ a: 1 }, typed({ anyOf: [{ type: "number" }, { type: "null" }] }), '{"a":1.0}'],
    [{ a: 1 }, typed({ oneOf: [{ anyOf: [{ type: "number" }] }, { type: "string" }] }), '{"a":1.0}'],
    [{ a: 1 }, typed({ anyOf: [{ type: "integer" }, { type: "number" }] }), '{"a":1}'],
    [{ a: 1 }, typed({ enum: [1, 2] }), '{"a":1}'],
    [{ a: 1e-5 }, FLOAT, '{"a":1e-05}'],
    [{ a: 1e-5 }, null, '{"a":1e-05}'],
    [{ a: 0.0001 }, FLOAT, '{"a":0.0001}'],
    [{ a: 1e16 }, FLOAT, '{"a":1e+16}'],
    [{ a: 1e15 }, FLOAT, '{"a":1000000000000000.0}'],
    [{ a: -0 }, FLOAT, '{"a":-0.0}'],
    [{ z: [{ b: 1, a: null }], f: false, a: true }, null, '{"a":true,"f":false,"z":[{"a":null,"b":1}]}'],
  ])("%j by %j", (config, schema, text) => {
    expect(configHashOf(config, schema)).toBe(`sha256:${GOLDEN[text]}`);
  });
});
