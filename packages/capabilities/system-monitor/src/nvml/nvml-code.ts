/** Return codes of NVML that decide something, as in its API reference (nvmlReturn_t). */
export const NVML = {
  success: 0,
  notSupported: 3,
  noPermission: 4,
  insufficientSize: 7,
} as const;

const WORDS: ReadonlyMap<number, string> = new Map([
  [1, "the library is not initialised"],
  [2, "an argument is not valid"],
  [3, "not supported by this device"],
  [4, "no permission"],
  [6, "no such device"],
  [8, "a power cable is missing"],
  [9, "the NVIDIA driver is not loaded"],
  [10, "the driver timed out"],
  [11, "the kernel has an interrupt problem with a device"],
  [12, "a library of the driver is missing"],
  [14, "the device's stored settings are corrupt"],
  [15, "the device is lost: it fell off the bus"],
  [16, "the device must be reset"],
  [17, "the operating system blocks the device"],
  [18, "the library and the loaded driver are of different versions; restart the machine or reload the driver"],
  [20, "out of memory"],
]);

/** A call that NVML refused in a way that leaves us without a figure to trust. */
export class NvmlFailure extends Error {
  readonly code: number;

  constructor(call: string, code: number) {
    super(`${call} says ${code}, ${WORDS.get(code) ?? "an error without a name"}`);
    this.name = "NvmlFailure";
    this.code = code;
  }
}

/** Whether a figure came; false for one that this device, or this user, does not get. @throws NvmlFailure for every other code */
export function isKnown(call: string, code: number): boolean {
  if (code === NVML.success) return true;
  if (code === NVML.notSupported || code === NVML.noPermission) return false;
  throw new NvmlFailure(call, code);
}
