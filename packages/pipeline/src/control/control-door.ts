import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";

/** Longest path that a Unix socket may have, less what differs between systems: 107 bytes on Linux, 103 on macOS. */
const LONGEST_SOCKET_PATH = 100;
const SHORT_FOLDER = "cjm-control-";
const NEW = ".new";

/** Where the doors of all hosts of a data directory are. */
export function controlFolder(dataDir: string): string {
  return join(dataDir, "control");
}

/** The door of one host: a socket in the control folder, or a note there that says where its socket lies. */
export interface ControlDoor {
  /** Of the host, by the name of the file. */
  readonly pid: number;
  /** In the control folder. */
  readonly path: string;
  /** What to connect to; the same as `path` unless that would be too long for a socket. */
  readonly socketPath: string;
}

/** A place for a new door. Its socket is bound under `bindPath`, and found by others from `open()` on. */
export class NewDoor implements Disposable, ControlDoor {
  readonly pid = process.pid;
  readonly path: string;
  readonly socketPath: string;
  readonly bindPath: string;
  readonly #shortFolder: string | null;

  private constructor(path: string, shortFolder: string | null) {
    this.#shortFolder = shortFolder;
    this.path = path;
    this.socketPath = shortFolder === null ? path : join(shortFolder, "c.sock");
    this.bindPath = shortFolder === null ? path.replace(/\.sock$/, NEW) : this.socketPath;
  }

  /** @param isShort whether the socket must lie elsewhere whatever the length of its path. Folders are 0700. @throws Error of the system */
  static make(dataDir: string, isShort = false): NewDoor {
    const folder = controlFolder(dataDir);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    const name = `${process.pid}-${randomBytes(4).toString("hex")}`;
    const path = join(folder, `${name}.sock`);
    if (!isShort && Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return new NewDoor(path, null);
    const parent = Buffer.byteLength(tmpdir()) > LONGEST_SOCKET_PATH - 30 ? "/tmp" : tmpdir();
    return new NewDoor(join(folder, `${name}.path`), mkdtempSync(join(parent, SHORT_FOLDER)));
  }

  /** Lets others find it; from a listening socket only, so that nobody takes it for one that was left behind. */
  open(): void {
    if (this.#shortFolder === null) {
      renameSync(this.bindPath, this.path);
      return;
    }
    const draft = this.path.replace(/\.path$/, NEW);
    writeFileSync(draft, this.socketPath, { mode: 0o600 });
    renameSync(draft, this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.bindPath, { force: true });
    removeDoor(this);
  }
}

/** The door that a file of the control folder is; null: it is none. */
export function doorAt(path: string): ControlDoor | null {
  const name = /^(\d+)-[0-9a-f]+\.(sock|path|new)$/.exec(basename(path));
  if (name === null) return null;
  const pid = Number(name[1]);
  if (name[2] !== "path") return { pid, path, socketPath: path };
  // A damaged note leads nowhere, and so is taken for what a dead host left.
  return { pid, path, socketPath: noteIn(path) ?? path };
}

/** Whether a door is one that its host is about to open. */
export function isBeingOpened({ path }: ControlDoor, nowMs: number): boolean {
  return path.endsWith(NEW) && nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 10_000;
}

/** Takes away what a host left: its socket, the note, and the folder that only this socket was in. */
export function removeDoor({ path, socketPath }: ControlDoor): void {
  rmSync(path, { force: true });
  const folder = dirname(socketPath);
  if (socketPath === path || !basename(folder).startsWith(SHORT_FOLDER)) return;
  rmSync(socketPath, { force: true });
  try {
    rmdirSync(folder);
  } catch {
    // Gone already, or something else lies in it, which is not ours to remove.
  }
}

function noteIn(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8");
    return isAbsolute(text) ? text : null;
  } catch {
    return null;
  }
}
