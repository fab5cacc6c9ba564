import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import { CjmError, canonicalHash, dataLayout, errorMessage, type RuntimeKind } from "@cjm/core";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";
import type { BuiltEnvironment } from "./providers/environment-provider.ts";

/** An environment that is whole. */
export interface Environment {
  /** `<kind>-<first 16 hex digits of its hash>`, the name of its folder. */
  readonly id: string;
  readonly kind: RuntimeKind;
  /** Hash of what was resolved; equal environments have equal hashes. */
  readonly hash: string;
  readonly path: string;
  /** Absolute. */
  readonly interpreter: string;
  readonly module: string;
}

/** An environment in the making. */
export interface Build {
  readonly kind: RuntimeKind;
  readonly folder: string;
  /** Tells whose build it is; the folder itself where that can be moved. */
  readonly marker: string;
}

const RecordSchema = z.object({
  id: z.string(),
  kind: z.enum(["node", "venv", "conda"]),
  hash: z.string(),
  interpreter: z.string(),
  module: z.string(),
});

/**
 * The environments of one data directory: `environments/<id>/`, and `environments/recipes/<recipe hash>.json`, which
 * remember what a recipe led to. An environment in the making has a `.building-*` marker, and no manifest names it.
 */
export class EnvironmentStore {
  readonly root: string;

  constructor(dataDir: string) {
    this.root = dataLayout(dataDir).environments;
  }

  /** What that recipe led to, if it is still there and whole. */
  async find(recipe: unknown): Promise<Environment | null> {
    try {
      const record = RecordSchema.parse(JSON.parse(await readFile(this.#recipePath(recipe), "utf8")));
      const path = join(this.root, record.id);
      const interpreter = absolute(path, record.interpreter);
      await stat(interpreter);
      return { ...record, path, interpreter };
    } catch {
      return null;
    }
  }

  /**
   * An empty folder to build in. Its marker says whose it is, so that leftovers of dead builders can be told from work in
   * progress. What cannot be moved once it is made is built under a name of its own at once.
   * @throws CjmError CJM_ENVIRONMENT_FAILED
   */
  async startBuild(kind: RuntimeKind, relocatable: boolean): Promise<Build> {
    const random = randomBytes(8).toString("hex");
    const marker = join(this.root, `.building-${process.pid}-${startTicks(process.pid) ?? 0}-${random}`);
    const folder = relocatable ? marker : join(this.root, `${kind}-${random}`);
    try {
      await mkdir(this.root, { recursive: true });
      if (!relocatable) await writeFile(marker, basename(folder));
      await mkdir(folder);
    } catch (error) {
      throw new CjmError("CJM_ENVIRONMENT_FAILED", `No environment can be made in ${this.root}: ${errorMessage(error)}.`, {
        hint: "Make the folder writable, or name another data directory with --data-dir.",
        cause: error,
      });
    }
    return { kind, folder, marker };
  }

  /** Drops a build that came to nothing; harmless after `adopt`. */
  async drop(build: Build): Promise<void> {
    const wasAdopted = build.folder !== build.marker && !(await exists(build.marker));
    if (!wasAdopted) await rm(build.folder, { recursive: true, force: true, maxRetries: 3 });
    await rm(build.marker, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Gives a finished environment its name, or, when an equal one is there, takes that and drops ours. */
  async adopt(
    recipe: unknown,
    build: Build,
    built: BuiltEnvironment,
    beforeMove?: (folder: string, target: string) => Promise<void>,
  ): Promise<Environment> {
    const hash = canonicalHash(built.resolved);
    const id =
      build.folder === build.marker ? `${build.kind}-${hash.slice("sha256:".length, "sha256:".length + 16)}` : basename(build.folder);
    const path = join(this.root, id);
    if (build.folder !== path) {
      await beforeMove?.(build.folder, path);
      await moveInto(build.folder, path);
    }
    const record = { id, kind: build.kind, hash, interpreter: built.interpreter, module: built.module };
    await mkdir(join(this.root, "recipes"), { recursive: true });
    await writeFileAtomic(this.#recipePath(recipe), JSON.stringify(record, null, 2));
    await rm(build.marker, { recursive: true, force: true });
    return { ...record, path, interpreter: absolute(path, built.interpreter) };
  }

  /** Removes what builders left that are no longer alive. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.root).catch(() => [])) {
      const owner = /^\.building-(\d+)-(\d+)-/.exec(name);
      if (owner === null || startTicks(Number(owner[1])) === Number(owner[2])) continue;
      const marker = join(this.root, name);
      const named = await readFile(marker, "utf8").catch(() => null);
      if (named !== null && /^[\w-]+$/.test(named)) await rm(join(this.root, named), { recursive: true, force: true });
      await rm(marker, { recursive: true, force: true });
    }
  }

  #recipePath(recipe: unknown): string {
    return join(this.root, "recipes", `${canonicalHash(recipe).slice("sha256:".length, "sha256:".length + 32)}.json`);
  }
}

/** A rename is the moment at which an environment begins to exist. Losing the race to an equal one is fine. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    await rm(from, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function absolute(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** When a process started, in ticks since boot; null when it does not run. A pid alone comes round again. */
function startTicks(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return null;
  }
}
