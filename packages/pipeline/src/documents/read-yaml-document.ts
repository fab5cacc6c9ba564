import { readFile } from "node:fs/promises";
import { CjmError, type ErrorCode, fieldName, fileFault, plainIssue, systemErrorCode } from "@cjm/core";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type * as z from "zod";
import { pyYamlTags } from "./pyyaml-tags.ts";

export interface YamlDocumentKind<T extends z.ZodType> {
  /** What the file is called in messages, such as `capabilities file`. */
  readonly title: string;
  readonly schema: T;
  readonly code: ErrorCode;
  /** What to do when the file is not there. */
  readonly missingHint: string;
  /** YAML 1.1 typing (`yes` is true) for the files the original reads, 1.2 for ours. */
  readonly yamlVersion: "1.1" | "1.2";
}

/** A checked document, and what it looked like in its file. */
export interface YamlDocument<T> {
  readonly value: T;
  /** As it was written, before defaults and checks. */
  readonly written: unknown;
  /** The line of a key, from 1; null when the file does not have it. */
  keyLine(field: readonly string[]): number | null;
}

/**
 * Reads and checks a YAML file. Every fault is listed with its field and, where the file has it, its line.
 * @throws CjmError with the kind's code when the file is missing, unreadable, no YAML or not what the schema says.
 */
export async function readYamlDocument<T extends z.ZodType>(path: string, kind: YamlDocumentKind<T>): Promise<z.output<T>> {
  return (await openYamlDocument(path, kind)).value;
}

/** The same, with where things stand in the file. */
export async function openYamlDocument<T extends z.ZodType>(path: string, kind: YamlDocumentKind<T>): Promise<YamlDocument<z.output<T>>> {
  return parse(await readText(path, kind), path, kind);
}

/** The same for text that is already read; `path` names it in messages. */
export function parseYamlDocument<T extends z.ZodType>(text: string, path: string, kind: YamlDocumentKind<T>): z.output<T> {
  return parse(text, path, kind).value;
}

function parse<T extends z.ZodType>(text: string, path: string, kind: YamlDocumentKind<T>): YamlDocument<z.output<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: kind.yamlVersion,
    lineCounter: lines,
    prettyErrors: false,
    ...(kind.yamlVersion === "1.1" ? { customTags: pyYamlTags } : {}),
  });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw invalid(
      path,
      kind,
      problems.map((problem) => `line ${lines.linePos(problem.pos[0]).line}: ${problem.message}`),
    );
  }
  const written: unknown = document.toJS() ?? {};
  const parsed = kind.schema.safeParse(written);
  if (parsed.success) return { value: parsed.data, written, keyLine };
  throw invalid(
    path,
    kind,
    parsed.error.issues.map((issue) => {
      const at = lineOf(issue.path);
      return [
        at === null ? "" : `line ${at}: `,
        issue.path.length === 0 ? "" : `${fieldName(issue.path)}: `,
        plainIssue(issue.message),
      ].join("");
    }),
  );

  function keyLine(field: readonly string[]): number | null {
    const parent = field.length === 1 ? document.contents : document.getIn(field.slice(0, -1), true);
    const key = isMap(parent) ? parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === field.at(-1))?.key : undefined;
    return isScalar(key) && key.range != null ? lines.linePos(key.range[0]).line : null;
  }

  /** The line of the deepest part of a field path that the file has. */
  function lineOf(field: readonly PropertyKey[]): number | null {
    for (let depth = field.length; depth > 0; depth--) {
      const node = document.getIn(field.slice(0, depth), true);
      const range =
        typeof node === "object" && node !== null && "range" in node ? (node.range as readonly [number] | null | undefined) : null;
      if (range != null) return lines.linePos(range[0]).line;
    }
    return null;
  }
}

async function readText<T extends z.ZodType>(path: string, kind: YamlDocumentKind<T>): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const missing = systemErrorCode(error) === "ENOENT";
    throw new CjmError(
      kind.code,
      missing ? `There is no ${kind.title} at ${path}.` : `The ${kind.title} ${path} cannot be read: ${fileFault(error)}.`,
      {
        hint: missing ? kind.missingHint : "Check that it is a file and that you may read it.",
        cause: error,
        details: { path },
      },
    );
  }
}

function invalid<T extends z.ZodType>(path: string, kind: YamlDocumentKind<T>, faults: readonly string[]): CjmError {
  return new CjmError(
    kind.code,
    `The ${kind.title} ${path} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    { hint: "Correct the file; 'cjm-ctl validate' checks it.", details: { path, faults } },
  );
}
