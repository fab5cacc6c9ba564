import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { fileFault } from "@cjm/core";
import type { CommandContext } from "../command.ts";
import { usageError } from "../usage-error.ts";

/**
 * The value of a secret: from a file, from what is piped in, or typed without being shown. One line break at the end is not
 * part of it. It is in no message.
 * @returns null when the question is answered with Ctrl-C
 * @throws CjmError CJM_USAGE for an empty value or an unreadable file
 */
export async function readSecret(
  question: string,
  file: string | undefined,
  { stdin, signal }: Pick<CommandContext, "stdin" | "signal">,
): Promise<string | null> {
  if (file !== undefined) return checked(await fileText(file));
  if (!stdin.isTTY) return checked(await text(addAbortSignal(signal, stdin)));
  const { isCancel, password } = await import("@clack/prompts");
  const answer = await password({ message: question, signal, output: process.stderr });
  if (isCancel(answer)) return null;
  return checked(answer ?? "");
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw usageError(`The file ${path} with the value cannot be read: ${fileFault(error)}.`, "Name another one with --value-file.");
  }
}

function checked(value: string): string {
  const trimmed = value.replace(/\r?\n$/, "");
  if (trimmed === "") throw usageError("The value is empty.", "'cjm-ctl delete-secret' forgets a secret.");
  if (trimmed.includes("\0")) throw usageError("The value holds a NUL byte, which no environment variable can.");
  return trimmed;
}
