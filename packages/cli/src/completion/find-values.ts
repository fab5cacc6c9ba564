import { resolve } from "node:path";
import { type CjmConfig, configSettings, dataLayout, isJsonObject } from "@cjm/core";
import { discoverManifests } from "@cjm/host";
import { readComposition, resolveConfig } from "@cjm/pipeline";
import { SecretFile } from "@cjm/store";
import type { Candidate } from "./complete-line.ts";
import type { ValueSource } from "./value-sources.ts";
import { workIds } from "./work-ids.ts";

export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What is given of the options that say where configuration and data lie. */
  readonly options: { readonly configPath?: string; readonly dataDir?: string };
  readonly positionals: Readonly<Record<string, string>>;
}

/** What a source has now. @throws CjmError for whatever cannot be read */
export async function findValues(source: ValueSource, surroundings: Surroundings): Promise<readonly Candidate[]> {
  if (typeof source === "object") return source.map((value) => ({ value, description: "" }));
  switch (source) {
    case "files":
      return [];
    case "config-keys":
      return configSettings().map(({ key, description }) => ({ value: key, description }));
    case "inputs":
      return await inputs(surroundings);
    case "secrets":
      return await secrets(surroundings);
    case "capabilities":
      return (await installed(surroundings)).map(({ name, description }) => ({ value: name, description }));
    case "actions":
      return (await actions(surroundings)).map(({ name, description }) => ({ value: name, description }));
    case "arguments": {
      const action = (await actions(surroundings)).find(({ name }) => name === surroundings.positionals["action"]);
      const properties = action?.input_schema?.["properties"];
      return properties === undefined || !isJsonObject(properties)
        ? []
        : Object.entries(properties).map(([name, property]) => ({ value: `${name}=`, description: descriptionOf(property) }));
    }
    case "open-work":
    case "open-jobs":
    case "work":
    case "interrupted":
    case "whole-jobs":
    case "runs":
      return await workIds(source, await config(surroundings));
    default:
      return source satisfies never;
  }
}

async function inputs({ cwd, positionals }: Surroundings): Promise<readonly Candidate[]> {
  const path = positionals["composition"];
  if (path === undefined) return [];
  const { composition } = await readComposition(resolve(cwd, path));
  return Object.entries(composition.inputs).map(([name, { type }]) => ({ value: `${name}=`, description: type ?? "" }));
}

async function secrets(surroundings: Surroundings): Promise<readonly Candidate[]> {
  const name = surroundings.positionals["name"] ?? "";
  const kept = new SecretFile(dataLayout(await dataDir(surroundings)).secrets).list(name);
  const declared = (await installed(surroundings)).find((capability) => capability.name === name)?.manifest.code.worker_env ?? [];
  const wanted = declared.filter(({ secret }) => secret).map((entry) => ({ value: entry.name, description: entry.description }));
  return [...wanted, ...kept.filter((key) => !wanted.some(({ value }) => value === key)).map((value) => ({ value, description: "kept" }))];
}

async function actions(surroundings: Surroundings) {
  const found = (await installed(surroundings)).find(({ name }) => name === surroundings.positionals["name"]);
  return found?.manifest.code.actions ?? [];
}

async function installed(surroundings: Surroundings) {
  return discoverManifests([dataLayout(await dataDir(surroundings)).manifests]).capabilities;
}

async function dataDir(surroundings: Surroundings): Promise<string> {
  return (await config(surroundings)).dataDir;
}

async function config({ cwd, env, options }: Surroundings): Promise<CjmConfig> {
  return (await resolveConfig({ cwd, env, ...options })).config;
}

function descriptionOf(schema: unknown): string {
  return typeof schema === "object" && schema !== null && "description" in schema && typeof schema.description === "string"
    ? schema.description
    : "";
}
