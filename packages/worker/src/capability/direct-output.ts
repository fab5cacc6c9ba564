import { writeSync } from "node:fs";
import type { Writable } from "node:stream";

/**
 * Lets a stream of a thread (`process.stdout`) write to a descriptor of the process at once. Node passes the output of a
 * thread through the main thread, chunk by chunk as the thread yields: what a computing or crashing capability had to say
 * would come late or never.
 */
export function writeDirectly(stream: Writable, fd: 1 | 2): void {
  const write = (chunk: unknown, encoding: BufferEncoding | "buffer"): void => {
    const text = typeof chunk === "string" ? Buffer.from(chunk, encoding === "buffer" ? "utf8" : encoding) : null;
    writeFully(fd, text ?? (chunk as Uint8Array));
  };
  stream._write = (chunk, encoding, done) => {
    write(chunk, encoding);
    done();
  };
  stream._writev = (chunks, done) => {
    for (const { chunk, encoding } of chunks) write(chunk, encoding);
    done();
  };
}

/** Writes all of it, waiting for a slow reader; gives up silently when nobody can ever read it. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      pauseOneMillisecond();
    }
  }
}

function pauseOneMillisecond(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
