import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runProgram, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { parse } from "yaml";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** A fenced block of a language in a guide, counted from 0. */
function example(guide: string, language: string, place = 0): string {
  const text = readFileSync(join(REPOSITORY, "docs/guides", guide), "utf8");
  const block = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))][place]?.[1];
  if (block === undefined) throw new Error(`${guide} has no ${language} block ${place}`);
  return block;
}

const ctl = (cwd: string, ...args: string[]) =>
  runProgram(process.execPath, [join(REPOSITORY, "packages/cli/src/main.ts"), ...args, "--data-dir", join(cwd, "data")], { cwd });

test("the composition of the guide is valid", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(join(folder.path, "summaries.yaml"), example("compositions.md", "yaml"));
  const result = await ctl(folder.path, "validate", "summaries.yaml");
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
});

test("compositions inside another: the plan that the guide prints is the one that is printed", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(join(folder.path, "both.yaml"), example("compositions.md", "yaml", 1));
  writeFileSync(join(folder.path, "search.yaml"), example("compositions.md", "yaml", 2));
  const { code, stdout, stderr } = await ctl(folder.path, "run", "both.yaml", "--dry-run", "--no-color");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toBe(example("compositions.md", "text"));
});

test("the composition of the guide in TypeScript is the one in YAML", async () => {
  await using folder = await temporaryFolder();
  const core = join(REPOSITORY, "packages/core/src");
  const source = example("compositions.md", "ts").replace('"@cjm/core/builder"', JSON.stringify(join(core, "builder.ts")));
  writeFileSync(join(folder.path, "summaries.ts"), source);
  const { summaries } = (await import(pathToFileURL(join(folder.path, "summaries.ts")).href)) as { readonly summaries: unknown };
  expect(summaries).toEqual(parse(example("compositions.md", "yaml")));
});

test("the schema that the guide points to is there", () => {
  const [, path = ""] = /^# yaml-language-server: \$schema=(.*)$/m.exec(example("compositions.md", "yaml")) ?? [];
  expect(JSON.parse(readFileSync(join(REPOSITORY, "docs/guides", path), "utf8"))).toMatchObject({ title: "A composition of cjm" });
});

test("the capabilities of the guide install, answer, and refuse what they should", async () => {
  await using folder = await temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(join(folder.path, path, ".."), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  };
  write("ts/index.ts", example("capabilities.md", "ts"));
  write(
    "ts/package.json",
    JSON.stringify({
      name: "parrot",
      version: "1.2.3",
      type: "module",
      exports: "./index.ts",
      peerDependencies: { "@cjm/capability": "*" },
    }),
  );
  // The guide's class in a package that brings its own build backend, so that no index is needed.
  write("py/py_parrot/__init__.py", "");
  write("py/py_parrot/capability.py", example("capabilities.md", "python"));
  const backend = readFileSync(join(REPOSITORY, "packages/capabilities/text-analysis/build_backend/backend.py"), "utf8");
  write("py/build_backend/backend.py", backend.replace("cjm_capability_text_analysis", "py_parrot"));
  const project = readFileSync(join(REPOSITORY, "packages/capabilities/text-analysis/pyproject.toml"), "utf8");
  write("py/pyproject.toml", project.replace("cjm-capability-text-analysis", "py-parrot"));
  write(
    "capabilities.yaml",
    "capabilities:\n  - { name: ts, runtime: node, package: ./ts }\n  - { name: py, runtime: venv, package: ./py }\n",
  );

  const installed = await ctl(folder.path, "install-all", "--file", "capabilities.yaml");
  expect(installed.stdout + installed.stderr).toContain("2 installed");
  for (const name of ["parrot", "py-parrot"]) {
    const said = await ctl(folder.path, "call", name, "repeat", "--arg", "text=Jo", "--arg", "times:=3");
    expect(JSON.parse(said.stdout)).toEqual({ text: "JoJoJo" });
    const refused = await ctl(folder.path, "call", name, "repeat", "--arg", "text=Jo", "--arg", "times:=11");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("times: at most 10");
  }
});
