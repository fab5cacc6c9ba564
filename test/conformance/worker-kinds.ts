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
  /** Its hooks do what its configuration says. */
  readonly lifecycleProbe: ProbeTarget;
  /** Further probes. All are twins, and their classes are named alike in every language. */
  readonly probes: Readonly<Record<ProbeName, ProbeTarget>>;
  /** Folder with the probe. */
  readonly environment: string;
  readonly adapters: readonly string[];
  readonly expected: Differences;
}

interface ProbeTarget {
  readonly module: string;
  readonly className: string;
}

type ProbeName = keyof typeof PROBE_CLASSES;

interface Differences {
  /** How an error that nobody typed is told. */
  readonly plainErrorRepr: string;
  /** The Unix epoch as a date in a result. */
  readonly epoch: string;
  /** What the type of an attribute that holds an object is called. */
  readonly objectType: string;
}

const PROBE_CLASSES = {
  monitor: "MonitorProbe",
  "half-monitor": "HalfMonitorProbe",
  "own-execute": "OwnExecuteProbe",
  surface: "SurfaceProbe",
} as const;

function probes(moduleOf: (name: string) => string): WorkerKind["probes"] {
  const targets = Object.entries(PROBE_CLASSES).map(([name, className]) => [name, { module: moduleOf(`${name}-probe`), className }]);
  return Object.fromEntries(targets) as WorkerKind["probes"];
}

const NODE: WorkerKind = {
  language: "node",
  command: process.execPath,
  entry: ["--disable-warning=ExperimentalWarning", `${REPOSITORY}packages/worker/src/start.mjs`],
  introspect: ["--disable-warning=ExperimentalWarning", `${REPOSITORY}packages/worker/src/introspect.ts`],
  module: "@cjm/conformance-probe",
  className: "Probe",
  lifecycleProbe: { module: "./src/lifecycle-probe.ts", className: "LifecycleProbe" },
  probes: probes((name) => `./src/${name}.ts`),
  environment: `${REPOSITORY}test/conformance/probes/node`,
  adapters: ["@cjm/conformance-probe:ProbeAdapter"],
  expected: { plainErrorRepr: "Error('something broke')", epoch: "1970-01-01T00:00:00.000Z", objectType: "Object" },
};

const PYTHON: WorkerKind = {
  language: "python",
  command: "python3",
  entry: ["-u", `${REPOSITORY}packages/worker-python/python/run_worker.py`],
  introspect: [`${REPOSITORY}packages/worker-python/python/run_worker.py`, "--introspect"],
  module: "probe",
  className: "Probe",
  lifecycleProbe: { module: "lifecycle_probe", className: "LifecycleProbe" },
  probes: probes((name) => name.replaceAll("-", "_")),
  environment: `${REPOSITORY}packages/worker-python/test/fixtures/probe`,
  adapters: ["probe:ProbeAdapter"],
  expected: { plainErrorRepr: "RuntimeError('something broke')", epoch: "1970-01-01T00:00:00+00:00", objectType: "dict" },
};

export const WORKER_KINDS: readonly WorkerKind[] = [NODE, PYTHON];
