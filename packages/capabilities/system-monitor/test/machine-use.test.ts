import { describe, expect, test } from "vitest";
import { CpuMeter, parseCpuTimes, parseMeminfo, readCommand } from "../src/machine-use.ts";

test("available memory is what the kernel says", () => {
  expect(parseMeminfo("MemTotal:       2048 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n")).toEqual({ totalMb: 2, availableMb: 1 });
  expect(() => parseMeminfo("nothing")).toThrow("MemTotal");
});

describe("processor times", () => {
  test.each([
    ["cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n", { total: 531, idle: 450 }],
    ["cpu  10 20 30 400\n", { total: 460, idle: 400 }],
  ])("%j", (text, times) => {
    expect(parseCpuTimes(text)).toEqual(times);
  });

  test("text without the line is refused", () => {
    expect(() => parseCpuTimes("cpu0 1 2 3 4\n")).toThrow("no line");
  });

  test("use is a share of the whole machine", () => {
    const use = new CpuMeter().read();
    expect(use).toBeGreaterThanOrEqual(0);
    expect(use).toBeLessThanOrEqual(100);
  });
});

test("a command is the program without its arguments, and empty for a process that is gone", async () => {
  expect(await readCommand(process.pid)).toMatch(/^[^\0]{1,120}$/);
  expect(await readCommand(2 ** 30)).toBe("");
});
