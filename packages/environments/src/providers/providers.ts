import type { CjmConfig, RuntimeKind } from "@cjm/core";
import { CondaProvider } from "../conda/conda-provider.ts";
import { NodeProvider } from "../node/node-provider.ts";
import { VenvProvider } from "../python/venv-provider.ts";
import type { EnvironmentProvider } from "./environment-provider.ts";

export type Providers = Readonly<Record<RuntimeKind, EnvironmentProvider>>;

export function createProviders(config: Pick<CjmConfig, "runtime" | "dataDir">): Providers {
  return { node: new NodeProvider(), venv: new VenvProvider(), conda: new CondaProvider(config) };
}
