import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { isShown, TutorialReader } from "./tutorial-page.ts";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const CTL = `${process.execPath} --disable-warning=ExperimentalWarning ${join(REPOSITORY, "packages/cli/src/main.ts")}`;
const PAGES = ["1-typescript.md", "2-python.md", "3-composition.md"];

test(
  "a reader who types what the lessons say, one after the other, sees what they show",
  async () => {
    await using home = await temporaryFolder("cjm-tutorial-");
    const reader = await TutorialReader.create(home.path, CTL);
    let compared = 0;
    for (const page of PAGES) {
      const text = readFileSync(join(REPOSITORY, "docs/tutorial", page), "utf8");
      for (const { shown, seen } of await reader.follow(text)) {
        compared += 1;
        if (!isShown(shown, seen)) expect(seen, page).toBe(shown);
      }
    }
    expect(compared).toBe(18);
  },
  5 * 60_000,
);

test.each([
  ["a\nb\n", "a\nb\n", true],
  ["a\n...\nd\n", "a\nb\nc\nd\n", true],
  ["...\nd\n", "d\n", true],
  ["a\n", "a\nb\n", false],
  ["a.c\n", "abc\n", false],
  ["", "", true],
  ["", "a\n", false],
])("%j shows %j: %j", (shown, printed, expected) => {
  expect(isShown(shown, printed)).toBe(expected);
});
