/** A process on a device, as a system monitor lists it: once per device that it uses. */
export interface GpuProcessEntry {
  readonly pid: number;
  /** Null: the driver does not tell. */
  readonly gpu_memory_mb?: number | null | undefined;
  readonly gpu_index?: number | null | undefined;
}

export interface GpuUse {
  /** MiB over all devices. */
  readonly memoryMb: number;
  /** Device with most of it, the first of equals; null: none. */
  readonly gpuIndex: number | null;
}

/**
 * GPU memory of one process tree. Nothing listed for it is a measured zero. Null when something of it is listed without a
 * figure and nothing with one: then nobody knows.
 */
export function attributeGpu(processes: readonly GpuProcessEntry[], tree: ReadonlySet<number>): GpuUse | null {
  const own = processes.filter(({ pid }) => tree.has(pid));
  const known = own.filter((entry): entry is GpuProcessEntry & { gpu_memory_mb: number } => typeof entry.gpu_memory_mb === "number");
  if (own.length > 0 && known.length === 0) return null;
  const largest = known.reduce<(typeof known)[number] | null>(
    (best, entry) => (best === null || entry.gpu_memory_mb > best.gpu_memory_mb ? entry : best),
    null,
  );
  return { memoryMb: known.reduce((sum, entry) => sum + entry.gpu_memory_mb, 0), gpuIndex: largest?.gpu_index ?? null };
}
