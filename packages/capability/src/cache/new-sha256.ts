import type { Hash } from "node:crypto";

/** Loads Node's crypto when something is hashed: it is large, and every worker loads this package to start. */
export function newSha256(): Hash {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}
