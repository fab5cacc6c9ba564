import { describe, expect, test } from "vitest";
import { CAPABILITY_PORT, reloadTrigger, ToolCapability, z } from "../src/index.ts";
import { changedTriggers, releaseHookName, triggersOf } from "../src/reload-triggers.ts";
import { FakeCallContext } from "./fake-call-context.ts";

const Config = z.object({
  model: reloadTrigger("model", z.string().default("small")).describe("Which model"),
  device: reloadTrigger("model", z.string()).default("cpu"),
  layers: z.array(z.int()).meta({ reload_trigger: "layer-cache" }).optional().default([1]),
  temperature: z.number().default(0),
});

describe("which triggers a change fires", () => {
  const before = Config.parse({});
  test.each([
    [{}, []],
    [{ temperature: 1 }, []],
    [{ model: "large" }, ["model"]],
    [{ model: "large", device: "cuda" }, ["model"]],
    [{ layers: [1] }, []],
    [{ layers: [1, 2], device: "cuda" }, ["model", "layer-cache"]],
  ])("%j: %j", (change, triggers) => {
    expect(changedTriggers(Config, before, Config.parse(change))).toEqual(triggers);
  });

  test("fields are marked inside and outside of their defaults", () => {
    expect([...triggersOf(Config)]).toEqual([
      ["model", "model"],
      ["device", "model"],
      ["layers", "layer-cache"],
    ]);
  });

  test.each([
    ["model", "releaseModel"],
    ["voice_pack", "releaseVoicePack"],
    ["layer-cache", "releaseLayerCache"],
    ["onnxSession", "releaseOnnxSession"],
  ])("%s calls %s", (trigger, name) => {
    expect(releaseHookName(trigger)).toBe(name);
  });
});

class Model extends ToolCapability<typeof Config> {
  static override readonly config = Config;
  readonly actions = {};
  readonly said: string[] = [];

  override reconfigure(): void {
    this.said.push(`reconfigured to ${this.config.model}`);
  }

  releaseModel(oldConfig: z.output<typeof Config>, newConfig: z.output<typeof Config>): void {
    this.said.push(`model ${oldConfig.model} -> ${newConfig.model} while ${this.config.model}`);
    if (newConfig.model === "stuck") throw new Error("cannot let go");
  }

  async releaseLayerCache(): Promise<void> {
    this.said.push("layers");
  }
}

async function configured(raw: unknown): Promise<Model> {
  const capability = new Model();
  await capability[CAPABILITY_PORT]().configure(raw);
  return capability;
}

const ctx = new FakeCallContext();

describe("release hooks", () => {
  test("run before the new configuration stands, then the author's reaction", async () => {
    const capability = await configured({});
    await capability[CAPABILITY_PORT]().reconfigure({}, { model: "large", device: "cuda" }, ctx);
    expect(capability.said).toEqual(["model small -> large while small", "reconfigured to large"]);
  });

  test("do not run for other fields, nor for a configuration that is refused", async () => {
    const capability = await configured({});
    await capability[CAPABILITY_PORT]().reconfigure({}, { temperature: 1 }, ctx);
    await expect(capability[CAPABILITY_PORT]().reconfigure({}, { model: 7 }, ctx)).rejects.toThrow("model");
    expect(capability.said).toEqual(["reconfigured to small"]);
  });

  test("all run although one fails; then the old configuration stands", async () => {
    const capability = await configured({});
    await expect(capability[CAPABILITY_PORT]().reconfigure({}, { model: "stuck", layers: [] }, ctx)).rejects.toThrow("cannot let go");
    expect(capability.said).toEqual(["model small -> stuck while small", "layers"]);
    expect(capability.config.model).toBe("small");
  });
});

test("the schema for callers does not tell of triggers", () => {
  const { configSchema } = new Model()[CAPABILITY_PORT]().declaration();
  expect(JSON.stringify(configSchema)).not.toContain("reload_trigger");
  expect(configSchema).toMatchObject({ properties: { model: { default: "small", description: "Which model" } } });
});
