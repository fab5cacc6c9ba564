import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ManualClock, until } from "@cjm/testing";
import { expect, test } from "vitest";
import { ProcessTrees } from "../../src/resources/process-trees.ts";

/** A shell that starts a process for every line it reads. */
function parent(): ChildProcess & Disposable {
  const child = spawn("sh", ["-c", "while read line; do sleep 1000 & echo $!; done; kill $(jobs -p); wait"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  return Object.assign(child, { [Symbol.dispose]: () => void child.stdin?.end() });
}

async function startChild(shell: ChildProcess): Promise<number> {
  const answered = once(shell.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  shell.stdin?.write("\n");
  return Number(String((await answered)[0]));
}

test("a tree is the process and its children, walked now and then and read as often as asked", async () => {
  using shell = parent();
  const root = shell.pid ?? 0;
  const clock = new ManualClock();
  const trees = new ProcessTrees(clock);
  const first = await startChild(shell);
  expect(trees.last(root)).toBeNull();
  const use = trees.read(root);
  expect(use?.memoryMb).toBeGreaterThan(0);
  expect(trees.pids(root)).toEqual(new Set([root, first]));
  expect(trees.last(root)).toEqual(use);

  const second = await startChild(shell);
  clock.advance(249);
  trees.read(root);
  expect(trees.pids(root)).toEqual(new Set([root, first]));
  clock.advance(1);
  trees.read(root);
  expect(trees.pids(root)).toEqual(new Set([root, first, second]));
});

test("a reading that is young enough is taken as it is", async () => {
  using shell = parent();
  const root = shell.pid ?? 0;
  const clock = new ManualClock();
  const trees = new ProcessTrees(clock);
  const use = trees.read(root);
  clock.advance(99);
  expect(trees.recent(root, 100)).toBe(use);
  clock.advance(1);
  expect(trees.recent(root, 100)).not.toBe(use);
});

test("who has gone counts no more, and a root that is gone is no tree", async () => {
  const shell = parent();
  const root = shell.pid ?? 0;
  const trees = new ProcessTrees(new ManualClock());
  const child = await startChild(shell);
  expect(trees.pids(root)).toEqual(new Set([root, child]));
  process.kill(child, "SIGKILL");
  await until("it is gone", () => trees.read(root) !== null && !trees.pids(root).has(child));
  expect(trees.pids(root)).toEqual(new Set([root]));
  shell[Symbol.dispose]();
  await once(shell, "exit");
  expect(trees.read(root)).toBeNull();
});
