import { constants } from "node:fs";
import { access, mkdir, open, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CjmError, errorMessage, fileFault, systemErrorCode } from "@cjm/core";
import { parse, stringify } from "yaml";
import { expandHome } from "./expand-home.ts";
import { findUpwards } from "./find-upwards.ts";

/** The file that makes a folder the root of a workspace, as the original's. */
export const WORKSPACE_MARKER = "cjm-workspace.yaml";

/** A folder that keeps what belongs to one piece of work together: its runs and its data directory. */
export interface Workspace {
  readonly root: string;
  /** What the marker says, else the name of the folder. */
  readonly name: string;
}

export interface WorkspaceRequest {
  /** @default process.cwd() */
  readonly cwd?: string;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** This folder and no other; it must hold the marker. */
  readonly workspace?: string;
}

/** Folders of a workspace. */
export function workspaceLayout(root: string) {
  return {
    marker: join(root, WORKSPACE_MARKER),
    runs: join(root, "runs"),
    data: join(root, ".cjm"),
    sidecars: join(root, ".cjm/sidecars"),
  } as const;
}

/**
 * The workspace in force: the one that is named, else that of `CJM_WORKSPACE`, else the nearest folder upwards that holds the
 * marker, else none.
 * @throws CjmError CJM_CONFIG_INVALID for a named one without the marker
 */
export async function findWorkspace({
  cwd = process.cwd(),
  env = process.env,
  workspace,
}: WorkspaceRequest = {}): Promise<Workspace | null> {
  const variable = env["CJM_WORKSPACE"] ?? "";
  const named = workspace ?? (variable === "" ? null : variable);
  if (named === null) {
    const marker = await findUpwards(resolve(cwd), WORKSPACE_MARKER);
    return marker === null ? null : await workspaceAt(dirname(marker));
  }
  const root = resolve(cwd, expandHome(named, env));
  if (await isThere(workspaceLayout(root).marker)) return await workspaceAt(root);
  const who = workspace === undefined ? "CJM_WORKSPACE names" : "There is no workspace at";
  throw new CjmError(
    "CJM_CONFIG_INVALID",
    `${who} ${root}${workspace === undefined ? ", which is no workspace" : ""}: it holds no ${WORKSPACE_MARKER}.`,
    {
      hint: `'cjm-ctl workspace-init ${root}' makes it one${workspace === undefined ? "; or unset CJM_WORKSPACE" : ""}.`,
      details: { root },
    },
  );
}

export interface WorkspaceStart {
  readonly workspace: Workspace;
  /** What was not there before, in the order in which it was made. */
  readonly made: readonly string[];
}

/**
 * Makes a folder a workspace: marker, `runs`, `.cjm`, `.cjm/sidecars`. What is there stays as it is, also a marker of another name.
 * @throws CjmError CJM_CONFIG_INVALID when something cannot be made
 */
export async function startWorkspace(root: string, name: string = basename(root)): Promise<WorkspaceStart> {
  const { marker, runs, data, sidecars } = workspaceLayout(root);
  const made: string[] = [];
  try {
    await mkdir(root, { recursive: true });
    if (await writeNew(marker, stringify({ name }))) made.push(marker);
    for (const folder of [runs, data, sidecars]) {
      if ((await mkdir(folder, { recursive: true })) !== undefined) made.push(folder);
    }
  } catch (error) {
    throw new CjmError("CJM_CONFIG_INVALID", `${root} cannot be made a workspace: ${fileFault(error)}.`, {
      hint: "Name a folder that you may write to, and that no file stands in the way of.",
      cause: error,
      details: { root },
    });
  }
  return { workspace: await workspaceAt(root), made };
}

export interface WorkspaceFinding {
  readonly ok: boolean;
  /** What was looked at. */
  readonly part: "marker" | "runs" | "data" | "sidecars";
  readonly text: string;
}

/** What is right and wrong with a workspace. It makes and changes nothing. */
export async function examineWorkspace({ root }: Workspace): Promise<readonly WorkspaceFinding[]> {
  const { marker, runs, data, sidecars } = workspaceLayout(root);
  return [
    await examineMarker(marker),
    await examineFolder("runs", "runs folder", runs),
    await examineFolder("data", "data directory", data),
    await examineFolder("sidecars", "sidecars folder", sidecars),
  ];
}

async function examineMarker(path: string): Promise<WorkspaceFinding> {
  try {
    const document: unknown = parse(await readFile(path, "utf8"), { version: "1.1", logLevel: "error" });
    const isMapping = document === null || (typeof document === "object" && !Array.isArray(document));
    return isMapping
      ? { ok: true, part: "marker", text: `marker ${path}` }
      : { ok: false, part: "marker", text: `marker ${path} is no mapping; it counts as empty` };
  } catch (error) {
    const [reason = ""] = errorMessage(error).split("\n");
    return { ok: false, part: "marker", text: `marker ${path} cannot be read: ${reason}` };
  }
}

async function examineFolder(part: WorkspaceFinding["part"], title: string, path: string): Promise<WorkspaceFinding> {
  try {
    await access(`${path}/.`);
  } catch (error) {
    const isFile = systemErrorCode(error) === "ENOTDIR";
    return { ok: false, part, text: `${title} ${path} ${isFile ? "is no folder" : "is missing"}` };
  }
  return (await isThere(path, constants.W_OK))
    ? { ok: true, part, text: `${title} ${path}` }
    : { ok: false, part, text: `${title} ${path} is not writable` };
}

/** An unreadable marker is an empty one: what makes a workspace is that it is there. */
async function workspaceAt(root: string): Promise<Workspace> {
  let name: unknown;
  try {
    const document: unknown = parse(await readFile(workspaceLayout(root).marker, "utf8"), { version: "1.1", logLevel: "error" });
    name = typeof document === "object" && document !== null && "name" in document ? document.name : undefined;
  } catch {
    name = undefined;
  }
  return { root, name: typeof name === "string" && name !== "" ? name : basename(root) };
}

/** Whether it was written; false when something is there already. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await using file = await open(path, "wx");
    await file.writeFile(text);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function isThere(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
