import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { isShown, TutorialReader } from "./tutorial-page.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const CTL = `${process.execPath} --disable-warning=ExperimentalWarning ${join(REPOSITORY, "packages/cli/src/main.ts")}`;

test.each([
  ["adapters.md", 4],
  ["heartbeats.md", 1],
  ["reload-triggers.md", 1],
])(
  "%s: what is typed prints what is shown",
  async (page, outputs) => {
    await using home = await temporaryFolder("cjm-guide-");
    // Where programs find @cjm/pipeline.
    symlinkSync(join(REPOSITORY, "node_modules"), join(home.path, "node_modules"));
    const reader = await TutorialReader.create(home.path, CTL);
    const compared = await reader.follow(readFileSync(join(REPOSITORY, "docs/guides", page), "utf8"));
    for (const { shown, seen } of compared) if (!isShown(shown, seen)) expect(seen, page).toBe(shown);
    expect(compared).toHaveLength(outputs);
  },
  3 * 60_000,
);

test("every page that the lessons and these guides link to is there", () => {
  const pages = [
    "tutorial/README.md",
    "tutorial/1-typescript.md",
    "tutorial/2-python.md",
    "tutorial/3-composition.md",
    "guides/capabilities.md",
  ];
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(REPOSITORY, "docs", page), "utf8");
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => join(REPOSITORY, "docs", page, "..", target));
    return targets.filter((target) => !isReadable(target)).map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});

function isReadable(path: string): boolean {
  try {
    return readFileSync(path, "utf8") !== "";
  } catch {
    return false;
  }
}
