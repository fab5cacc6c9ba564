/** What can be read off a function: its parameter list as written and the names in it. */
export interface FunctionParameters {
  /** `(a, b = 1)`, with white space collapsed. */
  readonly signature: string;
  /** Names in order; for a first parameter that is taken apart (`{ a, b }`), the names that it takes. */
  readonly names: readonly string[];
}

/** Reads the parameters from the function's own source text. A native function has the signature `(...)` and no names. */
export function functionParameters(fn: (...args: never[]) => unknown): FunctionParameters {
  const list = parameterList(Function.prototype.toString.call(fn));
  if (list === null) return { signature: "(...)", names: [] };
  const parts = splitTopLevel(list);
  const first = parts[0]?.trim() ?? "";
  const names = first.startsWith("{") ? patternNames(first) : parts.map(nameOf).filter((name) => name !== "");
  // Stripped types leave white space behind.
  const text = list.replace(/\s+/g, " ").replace(/ ,/g, ",").trim();
  return { signature: `(${text})`, names };
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Text between the parentheses of the parameter list, without comments; null for native code. */
function parameterList(source: string): string | null {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) return null;
  const text = withoutComments(source);
  const single = /^(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(text);
  if (single !== null) return single[1] ?? null;
  // A computed name (`[key](a) {}`) has brackets of its own before the list.
  let start = 0;
  if (text.trimStart().startsWith("[")) start = matching(text, text.indexOf("[")) + 1;
  const open = text.indexOf("(", start);
  return open === -1 ? null : text.slice(open + 1, matching(text, open));
}

/** The names that an object pattern takes: `{ a, b: renamed = 1, ...rest }` takes a and b. */
function patternNames(pattern: string): string[] {
  const inner = pattern.slice(1, matching(pattern, 0));
  return splitTopLevel(inner)
    .map((part) => part.trim())
    .filter((part) => part !== "" && !part.startsWith("..."))
    .map(
      (part) =>
        /^(?:"([^"]*)"|'([^']*)'|([\w$]+))/
          .exec(part)
          ?.slice(1)
          .find((name) => name !== undefined) ?? "",
    )
    .filter((name) => name !== "");
}

function nameOf(part: string): string {
  return /^(?:\.\.\.)?\s*([\w$]+)/.exec(part.trim())?.[1] ?? "";
}

function splitTopLevel(list: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < list.length; at = skip(list, at)) {
    if (list[at] !== ",") continue;
    parts.push(list.slice(start, at));
    start = at + 1;
  }
  return [...parts, list.slice(start)].filter((part) => part.trim() !== "");
}

/** Index of the bracket that closes the one at `open`. */
function matching(text: string, open: number): number {
  const closing = CLOSING[text[open] ?? ""];
  for (let at = open + 1; at < text.length; at = skip(text, at)) if (text[at] === closing) return at;
  return text.length;
}

/** Index after the string or bracketed part that begins at `at`, or after the one character. */
function skip(text: string, at: number): number {
  const char = text[at] ?? "";
  if (char === '"' || char === "'" || char === "`") return endOfString(text, at) + 1;
  return char in CLOSING ? matching(text, at) + 1 : at + 1;
}

function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === text[open]) return at;
  }
  return text.length;
}

function withoutComments(source: string): string {
  return source.replace(
    /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_match, text?: string) => text ?? "",
  );
}
