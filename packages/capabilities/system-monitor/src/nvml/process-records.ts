/** A process as NVML lists it. `usedMb` is MiB, null where the driver does not tell. */
export interface ProcessRecord {
  readonly pid: number;
  readonly usedMb: number | null;
  /** GPU and compute instance of a partitioned device (MIG). */
  readonly instance: string;
}

/** Largest record of any driver. */
export const RECORD_BYTES = 32;
/** What the memory is filled with before NVML writes into it. No last byte of a record is this: it is 0 or 255 in all layouts. */
export const UNTOUCHED = 0xa5;

const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;
const WITHOUT_INSTANCES = 16;
const USUAL = 24;

/**
 * Reads what NVML wrote: pid (4 bytes, 4 of padding), memory in bytes (8), GPU instance (4), compute instance (4). Drivers
 * disagree on the size of a record under one function name: 24 bytes as documented, 32 in early drivers 535, 16 in old ones.
 */
export function readProcessRecords(bytes: Buffer, count: number): readonly ProcessRecord[] {
  const size = recordSize(bytes, count);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    const used = bytes.readBigUInt64LE(at + 8);
    return {
      pid: bytes.readUInt32LE(at),
      usedMb: used === NOT_AVAILABLE ? null : Number(used) / 1024 / 1024,
      instance: size === WITHOUT_INSTANCES ? "" : `${bytes.readUInt32LE(at + 16)}/${bytes.readUInt32LE(at + 20)}`,
    };
  });
}

/** The size follows from how far the memory was written. */
function recordSize(bytes: Buffer, count: number): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === UNTOUCHED) end -= 1;
  const size = count === 0 ? USUAL : end / count;
  return size === WITHOUT_INSTANCES || size === RECORD_BYTES ? size : USUAL;
}

/**
 * One entry a process. Lists of computing and of drawing processes name the same memory twice, instances of a partitioned
 * device do not: within an instance the larger figure counts, over instances they add up. One unknown part makes the whole unknown.
 */
export function joinProcessRecords(...lists: readonly (readonly ProcessRecord[])[]): ReadonlyMap<number, number | null> {
  const byInstance = new Map<string, ProcessRecord>();
  for (const record of lists.flat()) {
    const key = `${record.pid}/${record.instance}`;
    const before = byInstance.get(key);
    if (before === undefined || (before.usedMb ?? -1) < (record.usedMb ?? -1)) byInstance.set(key, record);
  }
  const byPid = new Map<number, number | null>();
  for (const { pid, usedMb } of byInstance.values()) {
    const before = byPid.get(pid);
    byPid.set(pid, before === undefined ? usedMb : before === null || usedMb === null ? null : before + usedMb);
  }
  return byPid;
}
