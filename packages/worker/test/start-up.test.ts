import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runProgram, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";

const source = (path: string): string => new URL(`../src/${path}`, import.meta.url).href;

/** URLs of every module that importing `entry` loads, in a process of its own. */
async function loadedBy(entry: string): Promise<readonly string[]> {
  const program = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(entry)});
    console.log(JSON.stringify(loaded));
  `;
  const { stdout, stderr, code } = await runProgram(process.execPath, ["--input-type=module", "-e", program]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as readonly string[];
}

test.each(["worker-process.ts", "capability/operation-runner.ts", "capability/load-capability.ts", "capability/task-adapters.ts"])(
  "%s loads no schema library",
  async (path) => {
    const loaded = await loadedBy(source(path));
    expect(loaded).toContain(source(path));
    expect(loaded.filter((url) => url.includes("/zod/"))).toEqual([]);
  },
);

test.each([
  "thread/capability-thread.ts",
  "capability/operation-runner.ts",
  "capability/load-capability.ts",
  "../../capability/src/index.ts",
])("%s loads none of the large parts of Node", async (path) => {
  const loaded = await loadedBy(source(path));
  expect(loaded).toContain(source(path));
  expect(loaded.filter((url) => /^node:(crypto|http|https|util|inspector|child_process)$/.test(url))).toEqual([]);
});

test("a worker's entry turns the compile cache on before it loads anything of ours", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "node_modules"));
  const program = `
    import { getCompileCacheDir, registerHooks } from "node:module";
    const without = [];
    registerHooks({ load: (url, context, next) => { if (getCompileCacheDir() === undefined) without.push(url); return next(url, context); } });
    process.on("exit", () => console.log(JSON.stringify(without)));
    process.argv.push("start.mjs", "--environment", ${JSON.stringify(folder.path)});
    await import(${JSON.stringify(source("start.mjs"))});
  `;
  // It has no other argument, and says so.
  const { stdout, stderr, code } = await runProgram(process.execPath, ["--input-type=module", "-e", program]);
  expect(stderr).toContain("--module is required");
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual([source("start.mjs")]);
});

/** Imports `file` with the hooks of an environment, and gives its export `value` and the file in which stripped sources are kept. */
async function imported(environment: string, file: string): Promise<{ readonly value: unknown; readonly store: string }> {
  const program = `
    import { enableCompileCache, getCompileCacheDir } from "node:module";
    enableCompileCache(${JSON.stringify(join(environment, "cache"))});
    const { EnvironmentModules } = await import(${JSON.stringify(source("capability/environment-modules.ts"))});
    new EnvironmentModules(${JSON.stringify(environment)});
    const { value } = await import(${JSON.stringify(pathToFileURL(file).href)});
    console.log(JSON.stringify({ value, store: getCompileCacheDir() + "/stripped-types.json" }));
  `;
  const { stdout, stderr, code } = await runProgram(process.execPath, ["--input-type=module", "-e", program]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { value: unknown; store: string };
}

test("JavaScript of an installed TypeScript file is kept, used again, and made anew when the file has changed", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "node_modules", "tool", "index.ts");
  await mkdir(join(folder.path, "node_modules", "tool"), { recursive: true });
  await writeFile(file, "export const value: number = 1;\n");
  const first = await imported(folder.path, file);
  expect(first.value).toBe(1);

  const kept = await readFile(first.store, "utf8");
  await writeFile(first.store, kept.replace("= 1", "= 3"));
  expect((await imported(folder.path, file)).value).toBe(3);

  await writeFile(file, "export const value: string = 'changed';\n");
  expect((await imported(folder.path, file)).value).toBe("changed");

  await writeFile(first.store, "{ no JSON");
  expect((await imported(folder.path, file)).value).toBe("changed");
});
