import { canonicalHash, PyFloat } from "@cjm/core";
import { expect, test } from "vitest";
import { introspect } from "../src/manifests/introspection.ts";

test("hashes are over what the capability printed, where a float stays a float", async () => {
  const report = `{"name":"tool","version":"1","module":"m","class":"C","config_schema":{"properties":{"t":{"default":0.0},"n":{"default":0}}}}`;
  const target = { name: "tool", kind: "venv", environmentPath: "/env", interpreter: "python3", module: "m" } as const;
  const steps = { run: () => Promise.resolve(`printed while it was imported\n${report}\n`) } as unknown as Parameters<typeof introspect>[1];
  const { hashes } = await introspect(target, steps);
  const schema = { properties: { t: { default: new PyFloat(0) }, n: { default: 0 } } };
  expect(hashes).toEqual({ configSchema: canonicalHash(schema), surface: null });
});
