import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { CjmError, describeIssues, errorMessage, fileFault } from "@cjm/core";
import * as z from "zod";
import { replaceFile } from "../store/replace-file.ts";

const FORMAT = "cjm-environment-lock/1";

const LockSchema = z.object({
  format: z.literal(FORMAT),
  kind: z.enum(["node", "venv", "conda"]),
  hash: z.string(),
  interpreter: z.string(),
  /** What the provider of that kind needs to know; it checks it itself. */
  made: z.unknown(),
  files: z.record(z.string(), z.string()),
});

/** What an environment was made from, so exactly that it can be made again: `lock.json` and the files it names beside it. */
export interface EnvironmentLock {
  readonly kind: "node" | "venv" | "conda";
  readonly hash: string;
  readonly interpreter: string;
  readonly made: unknown;
}

/** Writes `lock.json` of a folder that holds everything else already, with the hash of each file. */
export async function writeLock(folder: string, lock: EnvironmentLock): Promise<void> {
  const files = Object.fromEntries(
    await Promise.all((await filesOf(folder)).map(async (file) => [file, await hashOf(join(folder, file))])),
  );
  await replaceFile(join(folder, "lock.json"), JSON.stringify({ format: FORMAT, ...lock, files }, null, 2));
}

/** Reads a lock and checks that its files are what they were. @throws CjmError CJM_ENVIRONMENT_LOCK_INVALID */
export async function readLock(folder: string): Promise<EnvironmentLock> {
  const text = await readFile(join(folder, "lock.json"), "utf8").catch((error: unknown) => {
    throw invalid(folder, `its lock.json cannot be read, ${fileFault(error)}`, error);
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(folder, `its lock.json is no JSON: ${errorMessage(error)}`, error);
  }
  const parsed = LockSchema.safeParse(document);
  if (!parsed.success) throw invalid(folder, describeIssues(parsed.error).join("; "));
  for (const [file, hash] of Object.entries(parsed.data.files)) {
    const now = await hashOf(join(folder, file)).catch(() => "nothing");
    if (now !== hash) throw invalid(folder, now === "nothing" ? `its file ${file} is gone` : `its file ${file} was changed`);
  }
  return parsed.data;
}

function invalid(folder: string, reason: string, cause?: unknown): CjmError {
  return new CjmError("CJM_ENVIRONMENT_LOCK_INVALID", `The lock ${folder} cannot be used: ${reason}.`, {
    hint: "Install the capability again: cjm-ctl install-all --only NAME --force",
    cause,
    details: { folder },
  });
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => file !== "lock.json")
    .sort();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest("hex")}`;
}
