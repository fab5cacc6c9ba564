/**
 * Runs one install step so that it cannot outlive whoever asked for it: the step gets a process group of its own, and the
 * end of descriptor 3, which is the end of the installer however that came, kills the group at once.
 *
 * Usage: step-guard COMMAND [ARG...]; exits as the command does.
 */
import { spawn } from "node:child_process";
import { Socket } from "node:net";

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error("step-guard: no command");
  process.exit(2);
}

const child = spawn(command, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });
const killGroup = (): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is gone.
  }
};

const lifeline = new Socket({ fd: 3 });
lifeline.on("error", () => {});
lifeline.on("close", () => {
  killGroup();
  process.exit(137);
});
lifeline.resume();

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => {
    killGroup();
    process.exit(137);
  });
}

child.once("error", (error) => {
  console.error(`${command}: ${error.message}`);
  process.exit(127);
});
child.once("exit", (code, signal) => {
  killGroup();
  process.exit(signal === null ? (code ?? 1) : 137);
});
