import type { Nodes, Root, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString as plainText } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import type { CodeBlock, Link, ParsedText, Section } from "./document.ts";
import { linkTo } from "./link-kind.ts";
import { parseHtml } from "./parse-html.ts";

/** GitHub flavoured Markdown; front matter between `---` lines gives the title when it has one. */
export function parseMarkdown(source: string): ParsedText {
  const { body, title, skippedLines } = splitFrontMatter(source);
  const root = fromMarkdown(body, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const sections = sectionsOf(root, skippedLines);
  const { links, codeBlocks } = collect(root);
  const heading = sections.find(({ level }) => level > 0)?.title ?? htmlHeading(root);
  return {
    title: title ?? heading ?? null,
    sections,
    links,
    codeBlocks,
    text: sections
      .map(sectionText)
      .filter((text) => text !== "")
      .join("\n\n"),
  };
}

function splitFrontMatter(source: string): { readonly body: string; readonly title: string | null; readonly skippedLines: number } {
  const match = /^---[ \t]*\r?\n([\s\S]{0,20000}?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(source);
  if (match === null) return { body: source, title: null, skippedLines: 0 };
  const title = /^title:[ \t]*(["']?)(.+?)\1[ \t]*$/m.exec(match[1] ?? "")?.[2] ?? null;
  return { body: source.slice(match[0].length), title, skippedLines: match[0].split("\n").length - 1 };
}

/** Headings at the top level open sections; what stands before the first is a section without a title. */
function sectionsOf(root: Root, skippedLines: number): Section[] {
  const sections: Section[] = [];
  let current = { level: 0, title: "", startLine: 1 + skippedLines, parts: [] as string[] };
  const close = (): void => {
    const text = current.parts.join("\n\n");
    if (current.level > 0 || text !== "")
      sections.push({ id: `s${sections.length + 1}`, level: current.level, title: current.title, text, startLine: current.startLine });
  };
  for (const node of root.children) {
    if (node.type === "heading") {
      close();
      current = {
        level: node.depth,
        title: plainText(node).replace(/\s+/g, " ").trim(),
        startLine: (node.position?.start.line ?? 1) + skippedLines,
        parts: [],
      };
      continue;
    }
    const text = readableText(node);
    if (text !== "") current.parts.push(text);
  }
  close();
  return sections;
}

/** What a person reads of a block; code is kept apart, and HTML is read as HTML. */
function readableText(node: RootContent): string {
  switch (node.type) {
    case "code":
    case "definition":
    case "thematicBreak":
      return "";
    case "html":
      return parseHtml(node.value).text;
    case "list":
    case "blockquote":
    case "listItem":
    case "table":
    case "footnoteDefinition":
      return node.children
        .map((child) => readableText(child as RootContent))
        .filter((text) => text !== "")
        .join("\n");
    case "tableRow":
      return node.children.map((cell) => plainText(cell)).join("  ");
    default:
      return plainText(node, { includeHtml: false }).trim();
  }
}

function collect(root: Root): { readonly links: Link[]; readonly codeBlocks: CodeBlock[] } {
  const definitions = new Map<string, string>();
  const links: Link[] = [];
  const codeBlocks: CodeBlock[] = [];
  const add = (text: string, target: string | undefined): void => {
    const link = target === undefined ? null : linkTo(text, target);
    if (link !== null) links.push(link);
  };
  const references: { readonly text: string; readonly identifier: string }[] = [];
  // A stack, not recursion: hostile nesting must not exhaust the call stack.
  const waiting: Nodes[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === "definition") definitions.set(node.identifier, node.url);
    else if (node.type === "link") add(plainText(node), node.url);
    else if (node.type === "linkReference") references.push({ text: plainText(node), identifier: node.identifier });
    else if (node.type === "code") codeBlocks.push({ language: node.lang ?? null, text: node.value });
    else if (node.type === "html") for (const link of parseHtml(node.value).links) links.push(link);
    if ("children" in node) for (const child of [...node.children].reverse()) waiting.push(child);
  }
  for (const { text, identifier } of references) add(text, definitions.get(identifier));
  return { links, codeBlocks };
}

/** Many READMEs begin with an HTML heading. */
function htmlHeading(root: Root): string | null {
  for (const node of root.children.slice(0, 10)) {
    if (node.type !== "html") continue;
    const heading = parseHtml(node.value).sections.find(({ level }) => level > 0);
    if (heading !== undefined && heading.title !== "") return heading.title;
  }
  return null;
}

function sectionText({ title, text }: Section): string {
  return title === "" ? text : text === "" ? title : `${title}\n\n${text}`;
}
