import type { Manifest } from "@cjm/core";

/** What the host must know of how a kind of worker behaves, beside how it is started. */
export interface WorkerTraits {
  /** Progress comes over the control channel; otherwise it has to be asked for. */
  readonly pushesProgress: boolean;
  /** It runs the capability's cleanup when it gets SIGTERM; otherwise it has to be asked to. */
  readonly cleansUpOnSignal: boolean;
}

const OURS: WorkerTraits = { pushesProgress: true, cleansUpOnSignal: true };

const TRAITS = {
  node: OURS,
  python: OURS,
  // Its cleanup at SIGTERM depends on the version of its web server.
  substrate: { pushesProgress: false, cleansUpOnSignal: false },
} as const satisfies Record<Manifest["install"]["worker"], WorkerTraits>;

export function traitsOf({ install }: Pick<Manifest, "install">): WorkerTraits {
  return TRAITS[install.worker];
}
