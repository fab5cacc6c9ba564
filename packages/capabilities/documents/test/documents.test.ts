import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findDocuments } from "../src/find-documents.ts";
import { parseDocument } from "../src/parse-document.ts";
import { parseHtml } from "../src/parse-html.ts";
import { parseMarkdown } from "../src/parse-markdown.ts";
import { parseText } from "../src/parse-text.ts";

describe("Markdown", () => {
  test("sections, reference links, code and tables", () => {
    const parsed = parseMarkdown(`Intro with [a link](./other.md).

# The *Title*

Text with <https://example.org/x> and [ref][1] and [mail](mailto:a@b.c).

## Code

\`\`\`ts
const x = 1;
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

[1]: https://example.com/ref
`);
    expect(parsed.title).toBe("The Title");
    expect(parsed.sections.map(({ level, title, startLine }) => [level, title, startLine])).toEqual([
      [0, "", 1],
      [1, "The Title", 3],
      [2, "Code", 7],
    ]);
    expect(parsed.links.map(({ kind, target }) => [kind, target])).toEqual([
      ["relative", "./other.md"],
      ["external", "https://example.org/x"],
      ["email", "mailto:a@b.c"],
      ["external", "https://example.com/ref"],
    ]);
    expect(parsed.codeBlocks).toEqual([{ language: "ts", text: "const x = 1;" }]);
    expect(parsed.sections[2]?.text).toContain("1  2");
    expect(parsed.text).not.toContain("const x");
  });

  test("front matter names the document and moves no line", () => {
    const parsed = parseMarkdown('---\ntitle: "From the front"\ntags: x\n---\n# Heading\n');
    expect(parsed.title).toBe("From the front");
    expect(parsed.sections[0]?.startLine).toBe(5);
  });

  test("a heading written in HTML", () => {
    expect(parseMarkdown('<h1 align="center">cjm <img src="x"></h1>\n\ntext').title).toBe("cjm");
  });
});

describe("HTML", () => {
  test("title, sections, links and code, without scripts", () => {
    const parsed = parseHtml(`<!doctype html><html><head><title> The &amp; title </title><style>p{}</style></head>
      <body><p>Before</p><h1>One</h1><p>First <a href="#x">anchor</a></p><script>evil()</script>
      <pre><code class="language-js">let a;</code></pre><h2>Two</h2><a href="javascript:evil()">no</a><ul><li>x<li>y</ul></body>`);
    expect(parsed.title).toBe("The & title");
    expect(parsed.sections.map(({ level, title, text }) => [level, title, text])).toEqual([
      [0, "", "Before"],
      [1, "One", "First anchor"],
      [2, "Two", "no\nx\ny"],
    ]);
    expect(parsed.links).toEqual([{ text: "anchor", target: "#x", kind: "anchor" }]);
    expect(parsed.codeBlocks).toEqual([{ language: "js", text: "let a;" }]);
  });

  test.each(["<div>", "<h1><b>", "<h2>", "<a href=x>", "<pre><i>"])("nesting of %s without end exhausts nothing", (tag) => {
    const parsed = parseHtml(`${tag.slice(0, 4)}${tag.repeat(20_000)}deep`);
    expect([parsed.text, parsed.codeBlocks[0]?.text].join()).toContain("deep");
  });
});

describe("no parser throws, whatever it is given", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom("<", ">", "a", "[", "](", "*", "\n", "```", "&amp;", "h1", "|", "-", "#", " ")).map((parts) => parts.join("")),
  );
  test.each([
    ["Markdown", parseMarkdown],
    ["HTML", parseHtml],
    ["text", parseText],
  ])("%s", (_name, parse) => {
    fc.assert(fc.property(anything, (source) => typeof parse(source).text === "string"));
  });
});

describe("files", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder[Symbol.asyncDispose]());
  const at = (name: string): string => join(folder.path, name);
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(at(name), content);
    return at(name);
  };
  const linkTo = (target: string, name: string): string => {
    symlinkSync(target, at(name));
    return at(name);
  };
  const LIMIT = 1000;
  const ctx = { throwIfCancelled: () => {}, progress: () => {} };

  test("an empty file is an empty document that says so", async () => {
    await expect(parseDocument(write("empty.md", ""), LIMIT)).resolves.toMatchObject({
      title: "empty.md",
      text: "",
      sections: [],
      warnings: ["the file is empty"],
      bytes: 0,
    });
  });

  test.each([
    ["UTF-8 with a mark", Buffer.from("\ufeffgröße", "utf8"), "utf-8"],
    ["UTF-16", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("größe", "utf16le")]), "utf-16le"],
    ["Latin-1", Buffer.from("größe", "latin1"), "windows-1252"],
  ])("%s is read as what it is", async (_name, bytes, encoding) => {
    const document = await parseDocument(write("a.txt", bytes), LIMIT);
    expect(document).toMatchObject({ encoding, text: "größe" });
    expect(document.warnings).toHaveLength(encoding === "windows-1252" ? 1 : 0);
  });

  test.each([
    ["a binary file", () => write("a.md", new Uint8Array([1, 2, 0, 4])), "NUL byte at offset 2"],
    ["control characters", () => write("a.md", new Uint8Array(100).fill(2)), "100 % of its bytes"],
    ["a file over the limit", () => write("a.md", "x".repeat(LIMIT + 1)), "more than the limit of 1000"],
    ["a missing file", () => at("nowhere.md"), "There is no file"],
    ["a folder", () => folder.path, "is a folder"],
    ["a link to itself", () => linkTo("loop.md", "loop.md"), "leads to itself"],
  ])("%s is refused with the reason and the way out", async (_name, make, message) => {
    await expect(parseDocument(make(), LIMIT)).rejects.toMatchObject({ message: expect.stringContaining(message) });
  });

  test("a folder is searched in order, by name and extension, without following links", async () => {
    mkdirSync(at("b/c"), { recursive: true });
    for (const name of ["b/README.md", "a-readme.md", "b/c/readme", "b/readme.png", "README.txt", "notes.md"]) write(name, "x");
    symlinkSync(folder.path, at("b/around"));
    const found = await findDocuments({ folder: folder.path, names: ["readme*"], extensions: ["md", "txt"], hidden: false }, ctx);
    expect(found.documents.map(({ relativePath }) => relativePath)).toEqual(["README.txt", "b/README.md", "b/c/readme"]);
    expect(found.counts).toEqual({ folders: 3, files: 6, links: 1, documents: 3 });
  });

  test("hidden folders are searched on request only", async () => {
    mkdirSync(at(".git"));
    write(".git/notes.md", "x");
    const find = (hidden: boolean) => findDocuments({ folder: folder.path, names: [], extensions: ["md"], hidden }, ctx);
    expect((await find(false)).documents).toEqual([]);
    expect((await find(true)).documents).toHaveLength(1);
  });

  test("an empty folder has no documents; a missing one and a file are errors", async () => {
    const request = { names: [], extensions: ["md"], hidden: false };
    await expect(findDocuments({ ...request, folder: folder.path }, ctx)).resolves.toMatchObject({
      documents: [],
      counts: { documents: 0 },
    });
    await expect(findDocuments({ ...request, folder: at("nowhere") }, ctx)).rejects.toMatchObject({
      message: expect.stringContaining("There is no folder"),
    });
    await expect(findDocuments({ ...request, folder: write("file", "") }, ctx)).rejects.toMatchObject({
      message: expect.stringContaining("is a file"),
    });
  });

  test("a folder that may not be read is passed over and named", async () => {
    chmodSync(folder.path, 0o755);
    mkdirSync(at("locked"));
    chmodSync(at("locked"), 0);
    const find = () => findDocuments({ folder: folder.path, names: [], extensions: ["md"], hidden: false }, ctx);
    const found = await asNobody(find);
    expect(found.skipped).toEqual([{ path: at("locked"), reason: "may not be read" }]);
  });

  test("markup that nests too deeply is read as plain text, and says so", async () => {
    const document = await parseDocument(write("deep.md", `${">".repeat(20_000)} words\n`), 1_000_000);
    expect(document.text).toContain("words");
    expect(document.warnings).toEqual([expect.stringContaining("nests too deeply")]);
  });

  test("a page that names its encoding is read in it", async () => {
    const page = Buffer.concat([Buffer.from('<meta charset="Shift_JIS"><p>'), Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67])]);
    await expect(parseDocument(write("page.html", page), LIMIT)).resolves.toMatchObject({
      text: "テスト",
      encoding: "shift_jis",
      warnings: [],
    });
  });
});

/** Root may read everything: it steps down for as long as `work` takes. */
async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
