import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A place in a source; lines count from 1. */
export interface SourcePlace {
  /** Absolute. */
  readonly file: string;
  /** Null: somewhere in it. */
  readonly line: number | null;
}

/** A file of the source, as it is on disk. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

const FRAMES = [
  // Python: `File "/a/b.py", line 3`.
  { pattern: /File "([^"]+)", line (\d+)/g, innermost: "last" },
  // Node: `at f (file:///a/b.ts:2:22)`, `/a/b.ts:2` above a syntax error, `cjm-hangs-at: file:///a/b.ts:2`.
  { pattern: /(file:\/\/\/[^\s():]+|(?<=^|[\s(])\/[^\s():]+):(\d+)/gm, innermost: "first" },
] as const;

/** The innermost place inside `folder` that a printed stack names; null when there is none. */
export function placeInStack(output: string, folder: string, isPython: boolean): SourcePlace | null {
  const { pattern, innermost } = FRAMES[isPython ? 0 : 1];
  const inside = [...output.matchAll(pattern)]
    .map(([, file = "", line = ""]) => ({ file: absolute(file, folder), line: Number(line) }))
    .filter(({ file }) => isInside(file, folder));
  // A traceback ends with the innermost call, while what Python's fault handler prints begins with it.
  return (innermost === "last" && !/^Timeout \(/m.test(output) ? inside.at(-1) : inside[0]) ?? null;
}

/** Where a failed import stands: the file that Node names, or the first one that has the specifier in quotes. */
export function placeOfImport(message: string, sources: readonly SourceText[]): SourcePlace | null {
  const [, wanted = "", from] = /(?:Cannot find (?:package|module)|No module named) '([^']+)'(?: imported from (\S+))?/.exec(message) ?? [];
  if (wanted === "") return null;
  const last = wanted.split("/").at(-1) ?? wanted;
  for (const { path, text } of sources) {
    if (from !== undefined && path !== from) continue;
    const at = text.split("\n").findIndex((line) => /\b(?:from|import|require)\b/.test(line) && line.includes(last));
    if (at !== -1) return { file: path, line: at + 1 };
  }
  return from === undefined ? null : { file: from, line: null };
}

/**
 * Where a member such as `WordCount.actions.count.description` is written. Looks for the class, then for each further name
 * below it; what is not there leads to the nearest name above it.
 */
export function placeOfMember(member: string, sources: readonly SourceText[]): SourcePlace | null {
  const [className = "", ...names] = member.split(/\.|(?=\[)/);
  for (const { path, text } of sources) {
    const lines = text.split("\n");
    const start = lines.findIndex((line) => new RegExp(`\\bclass\\s+${escaped(className)}\\b`).test(line));
    if (start === -1) continue;
    let at = start;
    for (const name of names) {
      const found = lines.findIndex((line, index) => index >= at && declares(line, name));
      if (found === -1) break;
      at = found;
    }
    return { file: path, line: at + 1 };
  }
  return null;
}

/** Where the first line that matches stands. */
export function placeOfLine(pattern: RegExp, sources: readonly SourceText[]): SourcePlace | null {
  for (const { path, text } of sources) {
    const at = text.split("\n").findIndex((line) => pattern.test(line));
    if (at !== -1) return { file: path, line: at + 1 };
  }
  return null;
}

function declares(line: string, name: string): boolean {
  return new RegExp(`(?:^|[\\s{,"'])${escaped(name)}["']?\\s*(?:[:=(,}]|$)`).test(line);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function absolute(file: string, folder: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : resolve(folder, file);
}

function isInside(file: string, folder: string): boolean {
  const way = relative(folder, file);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way) && !way.includes("node_modules/");
}
