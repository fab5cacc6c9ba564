import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { helloLine, workerArguments, workerEnvironment } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

// Stands for a host that a test can kill: starts one worker, prints its pid, and passes on what it says on its control channel.

const [language, folder, token] = process.argv.slice(2);
const kind = WORKER_KINDS.find((candidate) => candidate.language === language);
if (kind === undefined || folder === undefined || token === undefined) throw new Error("usage: spawner.ts LANGUAGE FOLDER TOKEN");

const sessionId = randomUUID();
const child = spawn(kind.command, [...kind.entry, ...workerArguments(kind, `${folder}/worker.sock`)], {
  detached: true,
  stdio: ["ignore", "inherit", "inherit", "pipe"],
  env: workerEnvironment(folder, sessionId),
});
const control = child.stdio[3] as Duplex;
control.write(helloLine(token, sessionId));
control.on("data", (bytes: Buffer) => process.stdout.write(bytes));
