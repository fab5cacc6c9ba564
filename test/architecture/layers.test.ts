import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findCycle } from "./find-cycle.ts";
import { packageFolders, REPOSITORY, resolveRelative, type SourceFile, sourceFiles } from "./source-files.ts";

/** Who may import whom of ours. Whoever needs another arrow writes an ADR first and then changes this table. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ["core"],
  capability: [],
  worker: ["core", "protocol", "capability"],
  "worker-python": [],
  store: ["core"],
  environments: ["core"],
  host: ["core", "protocol"],
  queue: ["core"],
  pipeline: ["core", "host", "queue", "store", "environments"],
  cli: ["core", "pipeline", "environments", "host", "store"],
  testing: ["core", "protocol", "capability"],
};

/** What a package offers besides its main entry, for a process in which that one would be too heavy. */
const SECOND_ENTRIES: ReadonlySet<string> = new Set(["@cjm/core/plain", "@cjm/protocol/plain"]);

const allowed = (packageName: string): readonly string[] | undefined =>
  packageName.startsWith("capabilities/") ? ["capability"] : MAY_IMPORT[packageName];

const files = sourceFiles();

describe("arrows between packages", () => {
  test("every package stands in the table", () => {
    expect(packageFolders().filter((name) => allowed(name) === undefined)).toEqual([]);
  });

  test("no file imports a package that its own may not", () => {
    const broken = files.flatMap((file) =>
      file.imports
        .filter((specifier) => specifier.startsWith("@cjm/") && !(allowed(file.packageName) ?? []).includes(specifier.split("/")[1] ?? ""))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  test("packages are entered by their public entries only", () => {
    const deep = files.flatMap((file) =>
      file.imports
        .filter((specifier) => /^@cjm\/[^/]+\//.test(specifier) && !SECOND_ENTRIES.has(specifier))
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    expect(deep).toEqual([]);
  });

  test("no relative import leaves its package", () => {
    const escaping = files.flatMap((file) =>
      file.imports
        .filter(
          (specifier) => specifier.startsWith(".") && !resolveRelative(file.path, specifier).startsWith(`packages/${file.packageName}/`),
        )
        .map((specifier) => `${file.path} imports ${specifier}`),
    );
    expect(escaping).toEqual([]);
  });

  test("core needs nothing but zod and Node's pure modules", () => {
    const outside = files
      .filter((file) => file.packageName === "core")
      .flatMap((file) =>
        file.imports
          .filter((specifier) => !specifier.startsWith(".") && !["zod", "node:crypto"].includes(specifier))
          .map((specifier) => `${file.path} imports ${specifier}`),
      );
    expect(outside).toEqual([]);
  });
});

test("no cycle between files", () => {
  const graph = new Map(
    files.map((file) => [
      file.path,
      file.imports.filter((specifier) => specifier.startsWith(".")).map((specifier) => resolveRelative(file.path, specifier)),
    ]),
  );
  expect(findCycle(graph)).toBeNull();
});

describe("shape of a source file", () => {
  const LIMIT = 300;

  test(`at most ${LIMIT} lines`, () => {
    expect(files.filter((file) => file.lines > LIMIT).map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
  });

  test("kebab-case names that say what is inside", () => {
    const named = (file: SourceFile): string => file.path.split("/").at(-1) ?? "";
    const vague = /^(utils?|helpers?|common|misc|types)\.ts$/;
    const wrong = files.filter(
      (file) => file.path.endsWith(".ts") && (!/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(named(file)) || vague.test(named(file))),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  test("named exports only", () => {
    expect(files.filter((file) => /(^|\n)export default /.test(file.text)).map((file) => file.path)).toEqual([]);
  });
});

test("the lockfile names no host to download from", () => {
  expect(readFileSync(join(REPOSITORY, "pnpm-lock.yaml"), "utf8")).not.toContain("://");
});
