import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CjmConfig, errorMessage, systemErrorCode } from "@cjm/core";
import { discoverManifests } from "@cjm/host";
import { type Finding, note, ok, wrong } from "./finding.ts";

const run = promisify(execFile);
const PROGRAM_MS = 10_000;
const OLDEST_PYTHON = [3, 9] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The interpreters and the program that makes environments; which of them must be there depends on what is installed. */
export async function checkPrograms(config: CjmConfig, manifests: string, env: Environment): Promise<readonly Finding[]> {
  const runtimes = new Set(discoverManifests([manifests]).capabilities.map(({ manifest }) => manifest.install.runtime));
  return [
    ok("programs", `cjm-ctl runs on Node ${process.versions.node}, ${process.execPath}`),
    await checkPython(runtimes.has("venv"), env),
    await checkConda(config, runtimes.has("conda"), env),
  ];
}

async function checkPython(isNeeded: boolean, env: Environment): Promise<Finding> {
  const missing = (text: string, fix: string): Finding =>
    isNeeded ? wrong("programs", text, fix) : note("programs", `${text}; only capabilities in Python need it`, fix);
  const version = await answerOf("python3", ["--version"], env);
  if ("failure" in version) return missing(`python3 ${version.failure}`, "Install Python 3.9 or newer.");
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version.text)?.slice(1) ?? []).map(Number);
  const isOld = major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1]);
  return isOld ? missing(`${version.text} is too old`, "Install Python 3.9 or newer.") : ok("programs", version.text);
}

/** The one that `cjm.yaml` names, else that of the prefix, else that of the PATH, as environments are made with. */
async function checkConda({ runtime, dataDir }: CjmConfig, isNeeded: boolean, env: Environment): Promise<Finding> {
  const name = { micromamba: "micromamba", miniforge: "mamba", conda: "conda" }[runtime.condaType];
  const key = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const own = join(runtime.prefix ?? join(dataDir, "runtime"), "bin", name);
  const program = runtime.binaries[key] ?? (existsSync(own) ? own : name);
  const version = await answerOf(program, ["--version"], env);
  if ("text" in version) return ok("programs", `${program} ${version.text.replace(/^\S*conda |^mamba /, "")}`);
  const fix =
    runtime.condaType === "micromamba"
      ? "cjm-ctl setup-runtime"
      : `Install ${runtime.condaType}, or say 'conda_type: micromamba' in cjm.yaml and run 'cjm-ctl setup-runtime'.`;
  const text = `${program} ${version.failure}`;
  return isNeeded ? wrong("programs", text, fix) : note("programs", `${text}; only capabilities with 'runtime: conda' need it`, fix);
}

/** Where the library of NVIDIA's driver lies on the systems that have one. */
const NVML_FOLDERS = [
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/lib/wsl/lib",
  "/usr/local/nvidia/lib64",
  "/run/opengl-driver/lib",
];

/** NVIDIA's library and its program: what the system monitor reads GPU memory with. */
export async function checkGpu(env: Environment): Promise<Finding> {
  const library = NVML_FOLDERS.map((folder) => join(folder, "libnvidia-ml.so.1")).find((path) => existsSync(path));
  const listed = await answerOf("nvidia-smi", ["-L"], env);
  const hasDevice = existsSync("/dev/nvidiactl");
  if ("text" in listed) {
    const gpus = listed.text.split("\n").map((line) => line.replace(/ \(UUID.*$/, "").trim());
    return library === undefined
      ? note("gpu", `${gpus.join(", ")}, by nvidia-smi; libnvidia-ml.so.1 is not in the usual places`)
      : ok("gpu", `${gpus.join(", ")}, by ${library}`);
  }
  if (!hasDevice) return note("gpu", "no NVIDIA GPU is found");
  if (library !== undefined) return ok("gpu", `an NVIDIA driver, by ${library}; nvidia-smi ${listed.failure}`);
  return wrong(
    "gpu",
    `There is an NVIDIA device, but nvidia-smi ${listed.failure}, and libnvidia-ml.so.1 is missing`,
    "Install the driver's utilities, or give the container the capability 'utility'.",
  );
}

type Answer = { readonly text: string } | { readonly failure: string };

async function answerOf(program: string, args: readonly string[], env: Environment): Promise<Answer> {
  try {
    const { stdout } = await run(program, [...args], { timeout: PROGRAM_MS, env: { ...env } });
    return { text: stdout.trim() };
  } catch (error) {
    const isMissing = systemErrorCode(error) === "ENOENT";
    return { failure: isMissing ? "is not on the PATH" : `does not run: ${errorMessage(error).split("\n")[0] ?? ""}` };
  }
}
