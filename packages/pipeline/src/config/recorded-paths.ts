import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { isJsonObject, type JsonValue } from "@cjm/core";

const ROOT = "${WS}";

/**
 * A document as a workspace records it: texts that are its root, or a path below it, begin with `${WS}` instead, at any depth
 * (values, not keys), so that the workspace can be moved. The original's form. Without a workspace it stays as it is.
 */
export function recordPaths(value: JsonValue, root: string | null): JsonValue {
  if (root === null) return value;
  if (typeof value === "string") return recordedPath(value, root);
  if (Array.isArray(value)) return value.map((item) => recordPaths(item, root));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, recordPaths(member, root)]));
}

export interface RecordedIn {
  /** The file that the path was read from; the folder above its own is the root it was recorded for. */
  readonly file: string;
  /** Root of the workspace in force. */
  readonly workspace: string | null;
}

/**
 * A recorded path on this machine, today: below the folder above that of its file if something is there, else below the
 * workspace in force if something is there, else the first again. Paths without `${WS}` are themselves.
 */
export function resolveRecordedPath(
  written: string,
  { file, workspace }: RecordedIn,
  exists: (path: string) => boolean = existsSync,
): string {
  const anchor = dirname(dirname(file));
  if (written === ROOT) return anchor;
  if (!written.startsWith(`${ROOT}/`)) return written;
  const first = join(anchor, written.slice(ROOT.length + 1));
  if (workspace === null || exists(first)) return first;
  const second = join(workspace, written.slice(ROOT.length + 1));
  return exists(second) ? second : first;
}

function recordedPath(path: string, root: string): string {
  if (!isAbsolute(path)) return path;
  if (path === root) return ROOT;
  return path.startsWith(root + sep) ? `${ROOT}/${relative(root, path).split(sep).join("/")}` : path;
}
