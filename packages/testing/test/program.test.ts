import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { descendants, isRunning, Program, runProgram, temporaryFolder, until } from "../src/index.ts";

test("output, code and input of a program", async () => {
  const result = await runProgram("sh", ["-c", "cat; echo err >&2; exit 3"], { input: "in\n" });
  expect(result).toEqual({ code: 3, signal: null, stdout: "in\n", stderr: "err\n" });
});

test("a line can be waited for, and a program that ends without it says what it printed", async () => {
  await using program = new Program("sh", ["-c", "echo one; echo two >&2"]);
  await expect(program.line(/^two$/)).resolves.toBe("two");
  await expect(program.line(/^three$/)).rejects.toThrow("one");
});

test("what is printed after the exit, by others or because nobody had read it yet, counts as well", async () => {
  await using program = new Program("sh", ["-c", "(sleep 0.2; echo one; sleep 0.2; echo two) &"]);
  await expect(program.line(/^two$/)).resolves.toBe("two");
});

test("descendants are found in other sessions too, and are gone when they are", async () => {
  await using program = new Program("sh", ["-c", "setsid sleep 1000 & echo $!; wait"]);
  const grandchild = Number(await program.line(/^\d+$/));
  await until("the grandchild runs", () => isRunning(grandchild));
  expect(descendants(process.pid)).toContain(grandchild);
  process.kill(grandchild, "SIGKILL");
  await until("the grandchild is gone", () => !isRunning(grandchild));
});

test("a temporary folder is removed when it is disposed of", async () => {
  let path: string;
  {
    await using folder = await temporaryFolder();
    path = folder.path;
    expect(existsSync(path)).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});
