import { spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { helloLine } from "../worker-harness.ts";
import { keeperCommand, keeperEnvironment } from "./keeper-harness.ts";

// Stands for a host that a test can kill: starts one keeper and passes on what it says on its control channel.

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: keeper-spawner.ts FOLDER");

const child = spawn("python3", [...keeperCommand()], {
  detached: true,
  stdio: ["ignore", "pipe", "pipe", "pipe"],
  env: keeperEnvironment(folder),
});
const control = child.stdio[3] as Duplex;
control.write(helloLine("f".repeat(64), "session-of-a-keeper"));
control.on("data", (bytes: Buffer) => process.stdout.write(bytes));
