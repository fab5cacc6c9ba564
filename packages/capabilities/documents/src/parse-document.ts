import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { CapabilityInputError } from "@cjm/capability";
import { decodeText } from "./decode-text.ts";
import type { Document, ParsedText } from "./document.ts";
import { parseHtml } from "./parse-html.ts";
import { parseMarkdown } from "./parse-markdown.ts";
import { parseText } from "./parse-text.ts";
import { publishedAddresses } from "./published-addresses.ts";

/**
 * Reads and parses one file. An empty file is an empty document with a warning.
 * @throws CapabilityInputError for a file that is missing, unreadable, no file, larger than `maxBytes`, or no text
 */
export async function parseDocument(path: string, maxBytes: number): Promise<Document> {
  const absolute = resolve(path);
  const bytes = await readBounded(absolute, maxBytes);
  const { text, encoding, warnings } = decodeText(bytes, absolute);
  const kind = kindOf(absolute, text);
  const { parsed, fault } = parseAs(kind, text);
  const isEmpty = text.trim() === "";
  return {
    path: absolute,
    kind,
    title: parsed.title ?? basename(absolute),
    contentHash: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    bytes: bytes.length,
    encoding,
    warnings: [...warnings, ...(fault === null ? [] : [fault]), ...(isEmpty ? ["the file is empty"] : [])],
    sections: [...parsed.sections],
    links: [...parsed.links],
    codeBlocks: [...parsed.codeBlocks],
    addresses: await publishedAddresses(absolute),
    text: parsed.text,
  };
}

const PARSERS: Readonly<Record<Document["kind"], (text: string) => ParsedText>> = {
  markdown: parseMarkdown,
  html: parseHtml,
  text: parseText,
};

/** Markup that nests deeper than its parser can follow is read as plain text: its words are worth more than an error. */
function parseAs(kind: Document["kind"], text: string): { readonly parsed: ParsedText; readonly fault: string | null } {
  try {
    return { parsed: PARSERS[kind](text), fault: null };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { parsed: parseText(text), fault: "its markup nests too deeply to be followed; it was read as plain text" };
  }
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const facts = await stat(path);
    if (!facts.isFile())
      throw new CapabilityInputError(
        `${path} is ${facts.isDirectory() ? "a folder" : "no regular file"}. Name a file, or find files in a folder with 'find'.`,
        { fields: ["path"] },
      );
    if (facts.size > maxBytes) {
      throw new CapabilityInputError(
        `${path} has ${facts.size} bytes, more than the limit of ${maxBytes}. Raise the capability's maxBytes, or split the file.`,
        { fields: ["path"] },
      );
    }
    return await readFile(path);
  } catch (error) {
    throw readableError(error, path);
  }
}

function readableError(error: unknown, path: string): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  if (code === "ENOENT" || code === "ENOTDIR") return new CapabilityInputError(`There is no file ${path}.`, { fields: ["path"] });
  if (code === "EACCES" || code === "EPERM")
    return new CapabilityInputError(`${path} may not be read. Give yourself the right to, or leave it out.`, { fields: ["path"] });
  if (code === "ELOOP") return new CapabilityInputError(`${path} is a symbolic link that leads to itself.`, { fields: ["path"] });
  return error;
}

/** By extension; without one, what looks like Markdown or HTML is read as that. */
function kindOf(path: string, text: string): Document["kind"] {
  const extension = extname(path).toLowerCase();
  if ([".md", ".markdown", ".mdown", ".mkd"].includes(extension)) return "markdown";
  if ([".html", ".htm", ".xhtml"].includes(extension)) return "html";
  if (extension === "" && /^\s*(<!doctype html|<html)/i.test(text)) return "html";
  if (extension === "" && /^#{1,6} \S/m.test(text.slice(0, 5000))) return "markdown";
  return "text";
}
