import { statSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder, until } from "@cjm/testing";
import { afterEach, expect, test, vi } from "vitest";
import { DatabaseFile } from "../src/database-file.ts";
import { WalCheckpoint } from "../src/wal-checkpoint.ts";

const SCHEMA = "CREATE TABLE IF NOT EXISTS lines (text TEXT NOT NULL)";

afterEach(() => {
  vi.useRealTimers();
});

/** A file that grows by about a page with every commit, once its log is copied. */
async function growing() {
  const folder = await temporaryFolder();
  const file = DatabaseFile.open(join(folder.path, "growing.db"), { title: "test", schema: SCHEMA });
  const checkpoint = new WalCheckpoint(file);
  return {
    file,
    commit: (times: number): void => {
      for (let time = 0; time < times; time += 1) {
        file.write(() => file.prepare("INSERT INTO lines VALUES (?)").run("x".repeat(3900)));
        checkpoint.committed();
      }
    },
    pages: (): number => statSync(file.path).size / 4096,
    dispose: (): void => checkpoint[Symbol.dispose](),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      checkpoint[Symbol.dispose]();
      file[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("copies under load, every so many commits, and goes on", async () => {
  await using it = await growing();
  it.commit(249);
  expect(it.pages()).toBeLessThan(10);
  it.commit(1);
  await until("the first are copied", () => it.pages() > 240);
  it.commit(250);
  await until("the next are copied", () => it.pages() > 480);
});

test("copies when nobody has written for a while, unless it is not worth it", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await using it = await growing();
  it.commit(5);
  vi.advanceTimersByTime(10_000);
  it.commit(50);
  vi.advanceTimersByTime(2000);
  // Written to a moment ago: not yet quiet.
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2000);
  expect(vi.getTimerCount()).toBe(0);
  await until("all are copied", () => it.pages() > 50);
});

test("leaves a file alone that was closed meanwhile", async () => {
  await using it = await growing();
  it.commit(500);
  it.dispose();
  it.file[Symbol.dispose]();
  const reopened = DatabaseFile.open(it.file.path, { title: "test", schema: SCHEMA });
  expect(reopened.read(() => reopened.prepare("SELECT count(*) AS lines FROM lines").get())).toEqual({ lines: 500 });
  reopened[Symbol.dispose]();
});
