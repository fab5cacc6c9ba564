import type { AnyNode, Element } from "domhandler";
import { getAttributeValue } from "domutils";
import { ElementType, parseDocument } from "htmlparser2";
import type { CodeBlock, Link, ParsedText, Section } from "./document.ts";
import { linkTo } from "./link-kind.ts";

const SKIPPED = new Set(["script", "style", "template", "noscript", "head", "svg", "iframe"]);
const BLOCKS = new Set([
  "p",
  "div",
  "section",
  "article",
  "main",
  "header",
  "footer",
  "aside",
  "nav",
  "ul",
  "ol",
  "li",
  "table",
  "tr",
  "td",
  "th",
  "blockquote",
  "figure",
  "figcaption",
  "dl",
  "dt",
  "dd",
  "br",
  "hr",
  "details",
  "summary",
]);

/** HTML as browsers forgive it: `h1` to `h6` open sections, `a` gives links, `pre` gives code. */
export function parseHtml(source: string): ParsedText {
  const document = parseDocument(source, { decodeEntities: true });
  const state: WalkState = { title: null, links: [], codeBlocks: [], sections: [], current: { level: 0, title: "", text: "" } };
  walk(document.children, state);
  closeSection(state);
  const text = state.sections
    .map((section) => [section.title, section.text].filter((part) => part !== "").join("\n\n"))
    .filter((part) => part !== "")
    .join("\n\n");
  const heading = state.sections.find(({ level }) => level > 0)?.title;
  return { title: state.title ?? heading ?? null, sections: state.sections, links: state.links, codeBlocks: state.codeBlocks, text };
}

interface WalkState {
  title: string | null;
  readonly links: Link[];
  readonly codeBlocks: CodeBlock[];
  readonly sections: Section[];
  current: { level: number; title: string; text: string };
}

/** A stack of nodes and of texts to add after them, not recursion: hostile nesting must not exhaust the call stack. */
function walk(nodes: readonly AnyNode[], state: WalkState): void {
  const waiting: (AnyNode | string)[] = [...nodes].reverse();
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (typeof item === "string") state.current.text += item;
    else if (item.type === ElementType.Text) state.current.text += item.data.replace(/\s+/g, " ");
    else if ("name" in item && "children" in item) enter(item as Element, state, waiting);
  }
}

function enter(element: Element, state: WalkState, waiting: (AnyNode | string)[]): void {
  const name = element.name.toLowerCase();
  if (name === "title" || name === "head") {
    const title =
      name === "title" ? element : element.children.find((child): child is Element => "name" in child && child.name === "title");
    if (title !== undefined) state.title ??= clean(textContent(title)) || null;
    return;
  }
  if (SKIPPED.has(name)) return;
  if (/^h[1-6]$/.test(name)) {
    closeSection(state);
    state.current = { level: Number(name[1]), title: clean(textContent(element)), text: "" };
    collectLinks(element, state);
    return;
  }
  if (name === "pre") {
    const language = /(?:language|lang|highlight-source)-([\w+#-]+)/.exec(
      `${getAttributeValue(element, "class") ?? ""} ${classOfCode(element)}`,
    )?.[1];
    state.codeBlocks.push({ language: language ?? null, text: textContent(element).replace(/\n$/, "") });
    return;
  }
  if (name === "a") addLink(element, state);
  if (BLOCKS.has(name)) {
    state.current.text += "\n";
    waiting.push("\n");
  }
  for (const child of [...element.children].reverse()) waiting.push(child);
}

function collectLinks(element: Element, state: WalkState): void {
  const waiting: AnyNode[] = [...element.children];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (!("name" in node)) continue;
    if (node.name === "a") addLink(node as Element, state);
    for (const child of (node as Element).children) waiting.push(child);
  }
}

function addLink(element: Element, state: WalkState): void {
  const link = linkTo(textContent(element), getAttributeValue(element, "href") ?? "");
  if (link !== null) state.links.push(link);
}

function closeSection(state: WalkState): void {
  const { level, title } = state.current;
  const text = state.current.text
    .split("\n")
    .map(clean)
    .filter((line) => line !== "")
    .join("\n");
  if (level > 0 || text !== "") state.sections.push({ id: `s${state.sections.length + 1}`, level, title, text, startLine: null });
}

function classOfCode(element: Element): string {
  const code = element.children.find((child): child is Element => "name" in child && child.name === "code");
  return code === undefined ? "" : (getAttributeValue(code, "class") ?? "");
}

/** All text below an element. A stack, for the same reason as in `walk`. */
function textContent(element: Element): string {
  const texts: string[] = [];
  const waiting: AnyNode[] = [element];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === ElementType.Text) texts.push(node.data);
    else if ("children" in node) for (const child of [...node.children].reverse()) waiting.push(child);
  }
  return texts.join("");
}

function clean(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
