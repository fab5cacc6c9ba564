import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "@cjm/testing";
import { expect, test } from "vitest";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

interface Block {
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks of one section of the README, in order. */
function blocksOf(heading: string): readonly Block[] {
  const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8");
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({ language, text }));
}

test(
  "the 60-second example does what the README says, to the letter",
  async () => {
    mkdirSync(join(REPOSITORY, ".cjm"), { recursive: true });
    // Inside the checkout, where a reader would be, but with data of its own.
    const folder = mkdtempSync(join(REPOSITORY, ".cjm", "readme-"));
    try {
      symlinkSync(join(REPOSITORY, "scripts"), join(folder, "scripts"));
      symlinkSync(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
      writeFileSync(join(folder, "cjm.yaml"), "data_dir: ./state\n");
      let printed = "";
      let outputs = 0;
      for (const { language, text } of blocksOf("60 seconds")) {
        const path = /^(?:\/\/|#) (hello\/\S+)\n/.exec(text);
        if (path?.[1] !== undefined) {
          const file = join(folder, path[1]);
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, text.slice(path[0].length));
        } else if (language === "sh") {
          const result = await runProgram("sh", ["-e", "-c", text], { cwd: folder });
          expect(result.stderr).not.toMatch(/\berror\b/i);
          expect(result.code).toBe(0);
          printed = result.stdout;
        } else if (language === "output") {
          outputs += 1;
          for (const line of text.trim().split("\n")) expect(printed).toContain(line);
        }
      }
      expect(outputs).toBe(2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  5 * 60_000,
);

test("every file and folder that the documents link to is there", async () => {
  const pages = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/adr/README.md",
    "docs/guides/compositions.md",
    "docs/guides/capabilities.md",
  ];
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(REPOSITORY, page), "utf8");
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => join(dirname(page), target));
    const paths = [...text.matchAll(/`((?:packages|test|scripts|compositions)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    return [...targets, ...paths].filter((path) => !exists(join(REPOSITORY, path))).map((path) => `${page}: ${path}`);
  });
  expect(broken).toEqual([]);
});

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EISDIR";
  }
}
