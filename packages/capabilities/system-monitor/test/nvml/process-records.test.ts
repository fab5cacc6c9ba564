import { describe, expect, test } from "vitest";
import { joinProcessRecords, type ProcessRecord, RECORD_BYTES, readProcessRecords, UNTOUCHED } from "../../src/nvml/process-records.ts";

const MIB = 1024n * 1024n;
const UNKNOWN = 0xffff_ffff_ffff_ffffn;
const NO_INSTANCE = 0xffff_ffff;

/** What a driver leaves behind that writes records of `size` bytes into room for eight. */
function written(size: 16 | 24 | 32, processes: readonly { pid: number; bytes: bigint; instance?: number }[]): Buffer {
  const bytes = Buffer.alloc(8 * RECORD_BYTES, UNTOUCHED);
  for (const [index, { pid, bytes: used, instance = NO_INSTANCE }] of processes.entries()) {
    const at = index * size;
    bytes.writeUInt32LE(pid, at);
    bytes.writeBigUInt64LE(used, at + 8);
    if (size >= 24) {
      bytes.writeUInt32LE(instance, at + 16);
      bytes.writeUInt32LE(instance, at + 20);
    }
    if (size === 32) bytes.writeBigUInt64LE(0n, at + 24);
  }
  return bytes;
}

describe("records as drivers write them", () => {
  const two = [
    { pid: 7, bytes: 700n * MIB },
    { pid: 0xa5a5, bytes: UNKNOWN },
  ];

  test.each([16, 24, 32] as const)("of %i bytes", (size) => {
    const records = readProcessRecords(written(size, two), 2);
    expect(records.map(({ pid, usedMb }) => [pid, usedMb])).toEqual([
      [7, 700],
      [0xa5a5, null],
    ]);
  });

  test.each([16, 24, 32] as const)("a single one of %i bytes", (size) => {
    expect(readProcessRecords(written(size, [{ pid: 7, bytes: MIB / 2n }]), 1)).toMatchObject([{ pid: 7, usedMb: 0.5 }]);
  });

  test("instances of a partitioned device, with the first instance's number 0", () => {
    const records = readProcessRecords(
      written(24, [
        { pid: 7, bytes: MIB, instance: 0 },
        { pid: 7, bytes: MIB, instance: 1 },
      ]),
      2,
    );
    expect(records.map(({ instance }) => instance)).toEqual(["0/0", "1/1"]);
  });

  test("none", () => {
    expect(readProcessRecords(written(24, []), 0)).toEqual([]);
  });
});

describe("one entry a process", () => {
  const record = (pid: number, usedMb: number | null, instance = ""): ProcessRecord => ({ pid, usedMb, instance });

  test.each<[string, ProcessRecord[], ProcessRecord[], [number, number | null][]]>([
    ["both lists name the same memory", [record(1, 700)], [record(1, 700)], [[1, 700]]],
    ["the list that knows wins", [record(1, null)], [record(1, 5)], [[1, 5]]],
    ["a zero is known", [record(1, null)], [record(1, 0)], [[1, 0]]],
    ["only drawing", [], [record(2, 50)], [[2, 50]]],
    ["instances add up", [record(1, 10, "1/0"), record(1, 20, "2/0")], [], [[1, 30]]],
    ["an unknown part makes the whole unknown", [record(1, 10, "1/0"), record(1, null, "2/0")], [], [[1, null]]],
    ["nobody", [], [], []],
  ])("%s", (_, computing, drawing, joined) => {
    expect([...joinProcessRecords(computing, drawing)]).toEqual(joined);
  });
});
