import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(`${REPOSITORY}${path}`, "utf8");

interface Evidence {
  readonly weakness: string;
  readonly file: string;
  readonly test: string;
}

const EVIDENCE = [...read("test/acceptance/README.md").matchAll(/^\| (T?\d+)\b[^|]*\| (\S+\.test\.ts) \| (.+) \|$/gm)].map(
  ([, weakness = "", file = "", name = ""]): Evidence => ({ weakness, file, test: name }),
);

describe("the table of weaknesses", () => {
  test.each(EVIDENCE)("$weakness: $test", ({ file, test: name }) => {
    const quoted = ['"', "`"].map((quote) => `${quote}${name}${quote}`);
    expect(read(file)).toSatisfy((text: string) => quoted.some((each) => text.includes(each)));
  });

  test("has all that concern the manager, the workers and the queue", () => {
    const held = new Set(EVIDENCE.map(({ weakness }) => weakness));
    const general = [8, 9, 10, 11, 12, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33, 34, 36, 38, 41, 42, 43, 44, 49, 50];
    const ofTheQueue = [1, 2, 3, 4, 5, 6, 7, 13, 16, 17, 18, 29, 30, 35, 37, 39, 40, 45, 46, 47];
    const traps = [1, 2, 4, 5, 6, 7, 8, 11, 12, 15, 19, 21, 23, 26, 38];
    expect(
      [...general.map(String), ...ofTheQueue.map(String), ...traps.map((trap) => `T${trap}`)].filter((each) => !held.has(each)),
    ).toEqual([]);
  });
});

test("each of the forty behaviours has a test with its number", () => {
  const titles = globSync("test/acceptance/{manager,queue}-*.test.ts", { cwd: REPOSITORY }).map(read).join("\n");
  const held = new Set([...titles.matchAll(/\((\d+(?:, \d+)*)(?:, %s)?\)"/g)].flatMap(([, list = ""]) => list.split(", ").map(Number)));
  expect(Array.from({ length: 40 }, (_, index) => index + 1).filter((number) => !held.has(number))).toEqual([]);
});

describe("the document of differences", () => {
  const DIFFERENCES = read("docs/reference/differences.md");
  /** Types that the original writes itself. */
  const SHARED = [
    "worker_spawned",
    "adapter_bound",
    "worker_ready",
    "worker_died",
    "config_applied",
    "admission_decided",
    "state_transition",
    "composition_advanced",
    "block_reason_changed",
    "cancel_phase_changed",
    "retry_started",
  ];

  test("names every event type that host and queue write and the original does not", () => {
    const sources = globSync("packages/{host,queue}/src/**/*.ts", { cwd: REPOSITORY }).map(read).join("\n");
    const written = [...sources.matchAll(/(?:\.record\(|recordEvent\([^)]*type: |\bemit\()\s*([^,{]*)/g)].flatMap(([, first = ""]) =>
      [...first.matchAll(/"([a-z]+(?:_[a-z]+)+)"/g)].map(([, type = ""]) => type),
    );
    expect(written.length).toBeGreaterThan(15);
    const unnamed = [...new Set(written)].filter((type) => !SHARED.includes(type) && !DIFFERENCES.includes(`\`${type}\``));
    expect(unnamed).toEqual([]);
  });

  test("names error codes that exist", () => {
    const codes = [...DIFFERENCES.matchAll(/`(CJM_[A-Z_]+)`/g)].map(([, code = ""]) => code);
    const known = read("packages/core/src/errors/error-codes.ts") + read("packages/core/src/config/cjm-config.ts");
    const variables = ["CJM_WORKSPACE", "CJM_DIAGNOSTICS_DB"];
    expect(codes.filter((code) => !known.includes(code) && !variables.includes(code))).toEqual([]);
  });
});
