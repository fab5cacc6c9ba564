import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type CjmConfig, dataLayout } from "@cjm/core";
import { SecretFile, SqliteConfigs } from "@cjm/store";

/**
 * Forgets what is kept for a capability beside its manifest. The journal tells what happened and is not touched.
 * @returns what there was to forget, in words
 */
export async function purge(name: string, config: CjmConfig): Promise<readonly string[]> {
  const layout = dataLayout(config.dataDir);
  const forgotten: string[] = [];
  if (existsSync(layout.configs)) {
    using configs = SqliteConfigs.open(layout.configs);
    if (configs.delete(name)) forgotten.push("configuration");
  }
  if (existsSync(layout.secrets)) {
    const secrets = new SecretFile(layout.secrets);
    const keys = secrets.list(name);
    for (const key of keys) secrets.delete(name, key);
    if (keys.length > 0) forgotten.push("secrets");
  }
  const data = join(layout.capabilityData, name);
  if (existsSync(data)) {
    await rm(data, { recursive: true, force: true });
    forgotten.push("data");
  }
  return forgotten;
}
