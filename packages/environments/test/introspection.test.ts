import { canonicalHash, PyFloat } from "@cjm/core";
import { expect, test } from "vitest";
import type { Environment } from "../src/environment-store.ts";
import { introspect } from "../src/introspection.ts";

test("hashes are over what the capability printed, where a float stays a float", async () => {
  const report = `{"name":"tool","version":"1","module":"m","class":"C","config_schema":{"properties":{"t":{"default":0.0},"n":{"default":0}}}}`;
  const environment = { kind: "venv", path: "/env", interpreter: "python3", module: "m" } as Environment;
  const steps = { run: () => Promise.resolve(`printed while it was imported\n${report}\n`) } as unknown as Parameters<typeof introspect>[2];
  const { hashes } = await introspect(environment, { name: "tool", package: "tool" } as Parameters<typeof introspect>[1], steps);
  const schema = { properties: { t: { default: new PyFloat(0) }, n: { default: 0 } } };
  expect(hashes).toEqual({ configSchema: canonicalHash(schema), surface: null });
});
