import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The folder that holds the sockets of one manager's workers: short, since a socket's path may have about 100 bytes, and 0700. */
export class RunDirectory implements Disposable {
  readonly path: string;
  #counter = 0;

  constructor(parent: string = tmpdir()) {
    this.path = mkdtempSync(join(parent.length > 60 ? "/tmp" : parent, "cjm-"));
  }

  /** A path that no worker has had: a killed worker leaves its socket file behind. */
  nextSocket(): string {
    this.#counter += 1;
    return join(this.path, `${this.#counter}.sock`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
