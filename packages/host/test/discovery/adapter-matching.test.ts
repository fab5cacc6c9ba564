import { ManifestSchema, ProtocolMembersSchema, type Surface, SurfaceSchema } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { adapterSpec, adaptersToBind, describeVerdict, matchAdapter } from "../../src/discovery/adapter-matching.ts";
import type { DiscoveredAdapter } from "../../src/discovery/manifest-discovery.ts";

const method = (name: string, params?: readonly string[]) => ({ name, signature: "(...)", ...(params === undefined ? {} : { params }) });
const surface = (members: object): Surface => SurfaceSchema.parse(members);
const protocol = (members: object) => ProtocolMembersSchema.parse(members);

const FITS = { compatible: true, missingMethods: [], missingProperties: [], parameterMismatches: [], reason: null };

describe("a protocol and a surface", () => {
  test.each<[string, object, object | null, object]>([
    ["the same method", { methods: [method("run", ["a"])] }, { methods: [method("run", ["a"])] }, FITS],
    ["more parameters behind, required or not", { methods: [method("run", ["a"])] }, { methods: [method("run", ["a", "b"])] }, FITS],
    ["a protocol that names no parameters", { methods: [method("run", [])] }, { methods: [method("run", ["a", "b"])] }, FITS],
    ["a protocol without parameters at all", { methods: [method("run")] }, { methods: [method("run", ["a"])] }, FITS],
    ["a surface that does not say which", { methods: [method("run", ["a"])] }, { methods: [method("run")] }, FITS],
    ["nothing asked for", {}, { methods: [method("run", [])] }, FITS],
    [
      "another signature text",
      { methods: [{ ...method("run", ["a"]), signature: "(self, a: int)" }] },
      { methods: [method("run", ["a"])] },
      FITS,
    ],
    [
      "of two methods of a name the last",
      { methods: [method("run", ["b"])] },
      { methods: [method("run", ["a"]), method("run", ["b"])] },
      FITS,
    ],
    ["a property", { properties: ["name"] }, { properties: ["name"] }, FITS],
    [
      "a method that is not there",
      { methods: [method("run"), method("stop")] },
      { methods: [method("run")] },
      { ...FITS, compatible: false, missingMethods: ["stop"] },
    ],
    [
      "parameters in another order",
      { methods: [method("run", ["a", "b"])] },
      { methods: [method("run", ["b", "a"])] },
      {
        ...FITS,
        compatible: false,
        parameterMismatches: [{ method: "run", protocolParams: ["a", "b"], surfaceParams: ["b", "a"] }],
      },
    ],
    [
      "a method without parameters where one is asked for",
      { methods: [method("run", ["a"])] },
      { methods: [method("run", [])] },
      { ...FITS, compatible: false, parameterMismatches: [{ method: "run", protocolParams: ["a"], surfaceParams: [] }] },
    ],
    [
      "a catch-all where names are asked for",
      { methods: [method("run", ["a"])] },
      { methods: [method("run", ["kwargs"])] },
      { ...FITS, compatible: false, parameterMismatches: [{ method: "run", protocolParams: ["a"], surfaceParams: ["kwargs"] }] },
    ],
    [
      "an attribute where a property is asked for",
      { properties: ["name"] },
      { attributes: [{ name: "name", type: "str" }] },
      { ...FITS, compatible: false, missingProperties: ["name"] },
    ],
    ["no surface", { methods: [method("run")] }, null, { ...FITS, compatible: false, reason: "its manifest records no surface" }],
    ["an empty surface", { methods: [method("run")] }, {}, { ...FITS, compatible: false, reason: "its manifest records no surface" }],
  ])("%s", (_name, asked, recorded, verdict) => {
    expect(matchAdapter(protocol(asked), recorded === null ? null : surface(recorded))).toEqual(verdict);
  });

  test("a refusal says all of it in words", () => {
    const asked = protocol({ methods: [method("run", ["a"]), method("stop")], properties: ["name"] });
    expect(describeVerdict(matchAdapter(asked, surface({ methods: [method("run", ["b"])] })))).toBe(
      "it lacks the methods stop; it lacks the properties name; run should begin with (a) and has (b)",
    );
    expect(describeVerdict(matchAdapter(asked, null))).toBe("its manifest records no surface");
  });
});

describe("the adapters of an instance", () => {
  const manifest = ManifestSchema.parse({
    format_version: "2.0",
    install: {},
    code: { name: "tool", structural_surface: { methods: [method("run", ["a"])] } },
  });
  const capability = { name: "tool", manifest };
  const adapter = (name: string, methods: readonly object[], language?: "node" | "python"): DiscoveredAdapter => ({
    name: `m.${name}`,
    task: "work",
    path: `/${name}.json`,
    manifest: {
      unit: "adapter",
      name: `m.${name}`,
      version: "1.0.0",
      task_name: "work",
      module: "m",
      class: name,
      required_tool_protocol: "",
      protocol_members: protocol({ methods }),
      generated_at: "",
      conda_env: "",
      language,
    },
  });
  const fitting = [adapter("First", [method("run", ["a"])]), adapter("Second", [])];
  const all = [...fitting, adapter("Other", [method("stop")])];

  test("are all that fit, in the order in which they were found", () => {
    expect(adaptersToBind(capability, all, null).map(adapterSpec)).toEqual(["m:First", "m:Second"]);
  });

  test("are those that are named, each once, in their order", () => {
    expect(adaptersToBind(capability, all, ["m.Second", "m.First", "m.Second"]).map(adapterSpec)).toEqual(["m:Second", "m:First"]);
    expect(adaptersToBind(capability, all, [])).toEqual([]);
  });

  test("are refused together, with what is wrong with each", () => {
    expect(() => adaptersToBind(capability, all, ["m.First", "m.Other", "m.Frist"])).toThrow(
      expect.objectContaining({
        code: "CJM_ADAPTER_INCOMPATIBLE",
        message: expect.stringMatching(
          /m\.Other does not fit tool: it lacks the methods stop[\s\S]*m\.Frist is not known\. Did you mean 'm\.First'/,
        ),
        details: { capabilityName: "tool", fieldsInvalid: ["adapters"] },
      }),
    );
  });

  test.each([
    ["node", ["m:Node", "m:Silent"]],
    ["python", ["m:Python", "m:Silent"]],
    ["substrate", ["m:Python", "m:Silent"]],
  ] as const)("are in the language of a %s worker, or do not say theirs", (worker, specs) => {
    const written = [adapter("Node", [], "node"), adapter("Python", [], "python"), adapter("Silent", [])];
    const tool = { name: "tool", manifest: { ...manifest, install: { ...manifest.install, worker } } };
    expect(adaptersToBind(tool, written, null).map(adapterSpec)).toEqual(specs);
    const foreign = worker === "node" ? "Python" : "Node";
    expect(() => adaptersToBind(tool, written, [`m.${foreign}`])).toThrow(`it is written for ${foreign.toLowerCase()}`);
  });
});
