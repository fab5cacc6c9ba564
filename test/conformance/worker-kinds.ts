import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** One of our workers, how it is started around its probe, and where it may rightly differ from the other. */
export interface WorkerKind {
  readonly language: "node" | "python";
  readonly command: string;
  /** Arguments up to those that every worker takes. */
  readonly entry: readonly string[];
  readonly introspect: readonly string[];
  readonly module: string;
  readonly className: string;
  /** Modules of further probes and their classes, which are named alike in every language. */
  readonly lifecycleProbe: ProbeTarget;
  /** Folder with the probe. */
  readonly environment: string;
  readonly adapters: readonly string[];
  readonly expected: Differences;
}

interface ProbeTarget {
  readonly module: string;
  readonly className: string;
}

interface Differences {
  /** How an error that nobody typed is told. */
  readonly plainErrorRepr: string;
  /** A result that JSON cannot hold is the caller's error in the original; ours for Node puts it where it belongs. */
  readonly unserialisableCategory: "fatal" | "user_input";
}

const NODE: WorkerKind = {
  language: "node",
  command: process.execPath,
  entry: ["--disable-warning=ExperimentalWarning", `${REPOSITORY}packages/worker/src/main.ts`],
  introspect: ["--disable-warning=ExperimentalWarning", `${REPOSITORY}packages/worker/src/introspect.ts`],
  module: "@cjm/conformance-probe",
  className: "Probe",
  lifecycleProbe: { module: "./src/lifecycle-probe.ts", className: "LifecycleProbe" },
  environment: `${REPOSITORY}test/conformance/probes/node`,
  adapters: ["@cjm/conformance-probe:ProbeAdapter"],
  expected: { plainErrorRepr: "Error('something broke')", unserialisableCategory: "fatal" },
};

const PYTHON: WorkerKind = {
  language: "python",
  command: "python3",
  entry: ["-u", `${REPOSITORY}packages/worker-python/python/run_worker.py`],
  introspect: [`${REPOSITORY}packages/worker-python/python/run_worker.py`, "--introspect"],
  module: "probe",
  className: "Probe",
  lifecycleProbe: { module: "lifecycle_probe", className: "LifecycleProbe" },
  environment: `${REPOSITORY}packages/worker-python/test/fixtures/probe`,
  adapters: ["probe:ProbeAdapter"],
  expected: { plainErrorRepr: "RuntimeError('something broke')", unserialisableCategory: "user_input" },
};

export const WORKER_KINDS: readonly WorkerKind[] = [NODE, PYTHON];
