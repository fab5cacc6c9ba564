import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveConfig } from "@cjm/pipeline";
import { runProgram, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { COMMANDS, commandName } from "../../packages/cli/src/commands/command-table.ts";

test("generated reference pages are what the code says today", async () => {
  const script = fileURLToPath(new URL("../../scripts/generate-reference.ts", import.meta.url));
  const result = await runProgram(process.execPath, [script, "--check"]);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
});

test("the page of commands has what stands in the command table, and an example of each", async () => {
  const page = readFileSync(fileURLToPath(new URL("../../docs/reference/cli.md", import.meta.url)), "utf8");
  for (const entry of COMMANDS) {
    const section = page.split(/^### /m).find((part) => part.startsWith(`${commandName(entry)}\n`)) ?? "";
    expect(section).toContain(`cjm-ctl ${entry.usage}`);
    const { options } = await entry.load();
    for (const [name, { hidden }] of Object.entries(options))
      expect([name, new RegExp(`\`--${name}( VALUE)?\``).test(section)]).toEqual([name, hidden !== true]);
    expect(section).toMatch(/^# \S/m);
  }
});

test("the example of the page of the configuration is valid, and says what it seems to say", async () => {
  await using folder = await temporaryFolder();
  const page = readFileSync(fileURLToPath(new URL("../../docs/reference/configuration.md", import.meta.url)), "utf8");
  writeFileSync(join(folder.path, "cjm.yaml"), /^```yaml\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? "data_dir: [");
  const { config, warnings } = await resolveConfig({ cwd: folder.path, env: { HOME: "/home/ada" } });
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    dataDir: join(folder.path, ".cjm"),
    runtime: { condaType: "micromamba", prefix: "/home/ada/micromamba" },
    diagnosticsRetentionDays: 14,
  });
});
