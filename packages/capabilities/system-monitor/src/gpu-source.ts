import type { GpuProcess } from "@cjm/capability";

/** One device. MB are MiB. Null: not measured, which is not zero. */
export interface Gpu {
  readonly vendor: "NVIDIA" | "AMD" | "Apple";
  readonly index: number;
  readonly name: string;
  readonly uuid: string | null;
  readonly totalMb: number | null;
  readonly freeMb: number | null;
  readonly usedMb: number | null;
  readonly loadPercent: number | null;
  /** It has no memory of its own: the machine's figures are the device's. */
  readonly unifiedMemory: boolean;
}

/**
 * What asking came to: `absent`, there is nothing to ask, now and later; `silent`, it was asked and says that it cannot;
 * `late`, it did not answer in time.
 */
export type Answer<Value> =
  | { readonly kind: "answer"; readonly value: Value }
  | { readonly kind: "absent" }
  | { readonly kind: "silent" | "late"; readonly reason: string };

/** One way to ask for devices and for who uses them. */
export interface GpuSource {
  /** For messages. */
  readonly name: string;
  gpus(): Promise<Answer<readonly Gpu[]>>;
  /** Asked after `gpus()` had an answer. `absent`: this way does not tell. */
  processes(): Promise<Answer<readonly GpuProcess[]>>;
  close(): Promise<void>;
}
