import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, isAbsolute, join } from "node:path";
import { CjmError, canonicalHash, dataLayout, fileFault, type RuntimeKind, systemErrorCode } from "@cjm/core";
import * as z from "zod";
import { readLock, writeLock } from "../lock/environment-lock.ts";
import type { BuiltEnvironment } from "../providers/environment-provider.ts";
import { livingOwner, processMark } from "./process-mark.ts";
import { replaceFile } from "./replace-file.ts";
import { takeTurn } from "./turn.ts";

/** An environment that is whole. */
export interface Environment {
  /** `<kind>-<16 hex digits>`, the name of its folder. */
  readonly id: string;
  readonly kind: RuntimeKind;
  /** Hash of what was resolved; equal environments have equal hashes. */
  readonly hash: string;
  readonly path: string;
  /** Absolute. */
  readonly interpreter: string;
  /** Folder of what it can be made from again. */
  readonly lock: string;
}

/** An environment in the making. */
export interface Build {
  readonly kind: RuntimeKind;
  readonly folder: string;
  /** What the environment can be made from again is put here. */
  readonly lockFolder: string;
  /** Tells whose build it is; the folder itself where that can be moved. */
  readonly marker: string;
}

/** Environments may be large, and disks slow. */
const CLEARING_MS = 60_000;

const RecordSchema = z.object({ id: z.string(), kind: z.enum(["node", "venv", "conda"]), hash: z.string(), interpreter: z.string() });

type BeforeMove = ((folder: string, target: string) => Promise<void>) | undefined;

/**
 * The environments of one data directory: `environments/<id>/`, `environments/locks/<id>/` from which each can be made again,
 * and `environments/recipes/<recipe hash>.json`, which remember what a recipe led to. An environment in the making has a
 * `.building-*` marker, and no manifest names it.
 */
export class EnvironmentStore {
  readonly root: string;
  readonly locks: string;
  readonly recipes: string;

  constructor(dataDir: string) {
    this.root = dataLayout(dataDir).environments;
    this.locks = join(this.root, "locks");
    this.recipes = join(this.root, "recipes");
  }

  /** What that recipe led to, if it is still there, with its interpreter and its lock. */
  async find(recipe: unknown): Promise<Environment | null> {
    try {
      const record = RecordSchema.parse(JSON.parse(await readFile(this.#recipePath(recipe), "utf8")));
      const environment = this.#environment(record);
      await stat(environment.interpreter);
      await stat(join(environment.lock, "lock.json"));
      return environment;
    } catch {
      return null;
    }
  }

  /**
   * An empty folder to build in. Its marker says whose it is, so that leftovers of dead builders can be told from work in
   * progress. What cannot be moved once it is made is built under a name of its own at once.
   * @throws CjmError CJM_ENVIRONMENT_FAILED
   */
  startBuild(kind: RuntimeKind, relocatable: boolean): Promise<Build> {
    const mark = processMark();
    const marker = join(this.root, `.building-${mark}`);
    return this.#start({ kind, marker, lockFolder: `${marker}-lock`, folder: relocatable ? marker : this.#fresh(kind, mark) });
  }

  /** The same for an environment that is there and is made again; one that cannot be moved is set aside until that is done. */
  async startRebuild({ id, kind, path }: Environment, relocatable: boolean): Promise<Build> {
    const marker = join(this.root, `.building-${processMark()}`);
    if (!relocatable && (await exists(path))) await rename(path, `${marker}-old=${id}`);
    return await this.#start({ kind, marker, lockFolder: `${marker}-lock`, folder: relocatable ? marker : path });
  }

  async #start(build: Build): Promise<Build> {
    try {
      await mkdir(this.root, { recursive: true });
      if (build.folder !== build.marker) await writeFile(build.marker, basename(build.folder));
      await mkdir(build.folder);
      await mkdir(build.lockFolder);
      return build;
    } catch (error) {
      throw new CjmError("CJM_ENVIRONMENT_FAILED", `No environment can be made in ${this.root}: ${fileFault(error)}.`, {
        hint: "Make the folder writable, or name another data directory with --data-dir.",
        cause: error,
      });
    }
  }

  /** Drops a build that came to nothing, and puts back what was set aside for it; after `adopt` and `replace` only tidies up. */
  async drop(build: Build): Promise<void> {
    const wasAdopted = build.folder !== build.marker && !(await exists(build.marker));
    if (!wasAdopted) await remove(build.folder);
    await remove(build.marker);
    await remove(build.lockFolder);
    const own = basename(build.marker);
    for (const name of await readdir(this.root)) if (name.startsWith(`${own}-old=`)) await this.#putBack(name);
  }

  /** Gives a finished environment its name, or, when an equal one is there, takes that and drops ours. */
  async adopt(recipe: unknown, build: Build, built: BuiltEnvironment, beforeMove?: BeforeMove): Promise<Environment> {
    const hash = canonicalHash(built.resolved);
    const id =
      build.folder === build.marker ? `${build.kind}-${hash.slice("sha256:".length, "sha256:".length + 16)}` : basename(build.folder);
    const record = { id, kind: build.kind, hash, interpreter: built.interpreter };
    const environment = this.#environment(record);
    await writeLock(build.lockFolder, { kind: build.kind, hash, interpreter: built.interpreter, made: built.lock });
    await mkdir(this.locks, { recursive: true });
    // An equal environment has an equal lock, but a loss of power may have left that one in part.
    if (!(await isWhole(environment.lock))) await remove(environment.lock);
    await moveInto(build.lockFolder, environment.lock);
    if (build.folder !== environment.path) {
      await beforeMove?.(build.folder, environment.path);
      await moveInto(build.folder, environment.path);
    }
    await mkdir(this.recipes, { recursive: true });
    await replaceFile(this.#recipePath(recipe), JSON.stringify(record, null, 2));
    await rm(build.marker, { recursive: true, force: true });
    return environment;
  }

  /** Puts an environment that was made from its lock in the place of the one of that name. */
  async replace(environment: Environment, build: Build, beforeMove?: BeforeMove): Promise<void> {
    const aside = `${build.marker}-old=${environment.id}`;
    if (build.folder === build.marker) {
      await beforeMove?.(build.folder, environment.path);
      if (await exists(environment.path)) await rename(environment.path, aside);
      await rename(build.folder, environment.path);
    }
    await rm(build.marker, { recursive: true, force: true });
    await remove(aside);
  }

  /** Removes an environment with its lock; a process that dies on the way leaves nothing that looks like one. */
  async remove(id: string): Promise<void> {
    const leaving = join(this.root, `.building-${processMark()}`);
    for (const [path, target] of [
      [join(this.root, id), leaving],
      [join(this.locks, id), `${leaving}-lock`],
    ] as const) {
      if (await exists(path)) await rename(path, target);
      await remove(target);
    }
  }

  /** Names of what builders left that are no longer alive. */
  async leftovers(): Promise<readonly string[]> {
    const names = await readdir(this.root).catch(() => []);
    return names.filter((name) => name.startsWith(".building-") && livingOwner(name) === null);
  }

  /**
   * Removes them. Half-made environments go; what was set aside for one that never came is put back. One process at a time: another
   * would take what was just put back for the half-made one.
   * @throws CjmError CJM_ENVIRONMENT_BUSY when another takes too long
   */
  async removeLeftovers(): Promise<void> {
    if ((await this.leftovers()).length === 0) return;
    await using _turn = await takeTurn(join(this.root, ".clearing"), { waitMs: CLEARING_MS, activity: `is clearing up in ${this.root}` });
    const leftovers = await this.leftovers();
    const aside = leftovers.filter((name) => name.includes("-old="));
    for (const name of leftovers.filter((other) => !aside.includes(other))) {
      const marker = join(this.root, name);
      const named = await readFile(marker, "utf8").catch(() => null);
      if (named !== null && /^[\w-]+$/.test(named)) await remove(join(this.root, named));
      await remove(marker);
    }
    for (const name of aside) await this.#putBack(name);
  }

  async #putBack(name: string): Promise<void> {
    const place = join(this.root, name.slice(name.indexOf("-old=") + "-old=".length));
    if (await exists(place)) await remove(join(this.root, name));
    else await rename(join(this.root, name), place);
  }

  #environment(record: z.infer<typeof RecordSchema>): Environment {
    const path = join(this.root, record.id);
    const interpreter = isAbsolute(record.interpreter) ? record.interpreter : join(path, record.interpreter);
    return { ...record, path, interpreter, lock: join(this.locks, record.id) };
  }

  #fresh(kind: RuntimeKind, mark: string): string {
    return join(this.root, `${kind}-${mark.slice(-16)}`);
  }

  #recipePath(recipe: unknown): string {
    return join(this.recipes, `${canonicalHash(recipe).slice("sha256:".length, "sha256:".length + 32)}.json`);
  }
}

/** A rename is the moment at which an environment begins to exist. Losing the race to an equal one is fine. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    await remove(from);
  }
}

async function isWhole(lock: string): Promise<boolean> {
  return await readLock(lock).then(
    () => true,
    () => false,
  );
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
