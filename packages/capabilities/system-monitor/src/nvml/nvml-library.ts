import type { LibraryHandle } from "koffi";

/** Arguments of the functions we call, in koffi's names. Whatever NVML fills in is memory of ours, passed by address. */
const SIGNATURES = {
  nvmlInit_v2: [],
  nvmlShutdown: [],
  nvmlDeviceGetCount_v2: ["void *"],
  nvmlDeviceGetHandleByIndex_v2: ["uint32_t", "void *"],
  nvmlDeviceGetName: ["uintptr_t", "void *", "uint32_t"],
  nvmlDeviceGetUUID: ["uintptr_t", "void *", "uint32_t"],
  nvmlDeviceGetMemoryInfo: ["uintptr_t", "void *"],
  nvmlDeviceGetUtilizationRates: ["uintptr_t", "void *"],
  nvmlDeviceGetComputeRunningProcesses_v3: ["uintptr_t", "void *", "void *"],
  nvmlDeviceGetComputeRunningProcesses_v2: ["uintptr_t", "void *", "void *"],
  nvmlDeviceGetGraphicsRunningProcesses_v3: ["uintptr_t", "void *", "void *"],
  nvmlDeviceGetGraphicsRunningProcesses_v2: ["uintptr_t", "void *", "void *"],
} as const;

export type NvmlFunction = keyof typeof SIGNATURES;

type NativeFunction = ReturnType<LibraryHandle["func"]>;

export type ImportKoffi = () => Promise<Pick<typeof import("koffi"), "load" | "config">>;

const importInstalledKoffi: ImportKoffi = () => import("koffi");

/** What a thread has; koffi's own 128 KiB for calls off the main thread are little for a driver. */
const STACK_BYTES = 8 * 1024 * 1024;

/** NVIDIA's management library, loaded into this process. Calls run on a thread of the pool: a driver that hangs holds nobody else up. */
export class NvmlLibrary {
  readonly #library: LibraryHandle;
  readonly #functions = new Map<NvmlFunction, NativeFunction | null>();

  private constructor(library: LibraryHandle) {
    this.#library = library;
  }

  /** The first of `paths` that loads; null without one, and without koffi, which is an optional dependency. */
  static async open(paths: readonly string[], importKoffi: ImportKoffi = importInstalledKoffi): Promise<NvmlLibrary | null> {
    const koffi = await importKoffi().catch(() => null);
    if (koffi === null) return null;
    widenStack(koffi);
    for (const path of paths) {
      try {
        return new NvmlLibrary(koffi.load(path));
      } catch {
        // Not at this path, or for another machine.
      }
    }
    return null;
  }

  has(name: NvmlFunction): boolean {
    return this.#function(name) !== null;
  }

  /** The function's return code. Buffers must stay untouched until it is there. @throws Error when the library lacks the function */
  call(name: NvmlFunction, ...args: readonly (number | bigint | Buffer)[]): Promise<number> {
    const native = this.#function(name);
    if (native === null) throw new Error(`the NVML of this driver has no ${name}`);
    return new Promise((resolve, reject) => {
      native.async(...args, (error: unknown, code: unknown) => {
        if (typeof code === "number") resolve(code);
        else reject(error instanceof Error ? error : new Error(`${name} gave no return code`));
      });
    });
  }

  #function(name: NvmlFunction): NativeFunction | null {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const found = this.#find(name);
    this.#functions.set(name, found);
    return found;
  }

  #find(name: NvmlFunction): NativeFunction | null {
    try {
      return this.#library.func(name, "int", [...SIGNATURES[name]]);
    } catch {
      return null;
    }
  }
}

/** Once in a process: koffi refuses it when a library is loaded already, by us with this same stack. */
function widenStack(koffi: Awaited<ReturnType<ImportKoffi>>): void {
  if (koffi.config().async_stack_size === STACK_BYTES) return;
  try {
    koffi.config({ async_stack_size: STACK_BYTES });
  } catch {
    // Somebody else in this process has loaded a library with koffi: its stack will have to do.
  }
}
