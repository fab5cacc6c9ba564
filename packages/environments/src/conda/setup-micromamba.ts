import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CjmConfig, CjmError, errorMessage, type MicromambaSource } from "@cjm/core";
import { type DownloadProgress, download, downloadText } from "../download/download.ts";
import { CondaProgram, condaPlatformKey, condaPrefix } from "./conda-program.ts";

const run = promisify(execFile);

/** Source: the release page of micromamba; each program has its checksum beside it, as `<name>.sha256`. */
const RELEASES = "https://github.com/mamba-org/micromamba-releases/releases/download";
const VERSION = "2.4.0-1";
const START_MS = 30_000;

export interface SetupOptions {
  readonly config: Pick<CjmConfig, "runtime" | "dataDir">;
  /** Downloads although one is there. @default false */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface SetupOutcome {
  readonly status: "present" | "downloaded";
  readonly program: string;
  /** What it says of itself. */
  readonly version: string;
}

/**
 * Makes sure that there is a micromamba: one that runs already, else the release for this platform in `<prefix>/bin`.
 * @throws CjmError CJM_DOWNLOAD_FAILED, CJM_ENVIRONMENT_TOOL_MISSING where there is no release for this platform or it does not run
 */
export async function setupMicromamba({ config, force = false, signal, onProgress }: SetupOptions): Promise<SetupOutcome> {
  const present = force ? null : await findWorking(config);
  if (present !== null) return present;
  const { url, sha256 } = await micromambaRelease(config.runtime.micromamba ?? {}, signal);
  const prefix = condaPrefix(config);
  const program = join(prefix, "bin", "micromamba");
  await mkdir(join(prefix, "envs"), { recursive: true }).catch((error: unknown) => {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `The prefix ${prefix} cannot be made: ${errorMessage(error)}.`, {
      hint: "Make it writable, or name another with --conda-prefix.",
      cause: error,
    });
  });
  await download({ url, target: program, sha256, mode: 0o755, signal, ...(onProgress === undefined ? {} : { onProgress }) });
  return { status: "downloaded", program, version: await versionOf(program) };
}

/** Address and checksum of the release for a platform. @throws CjmError CJM_ENVIRONMENT_TOOL_MISSING, CJM_DOWNLOAD_FAILED */
async function micromambaRelease(
  source: MicromambaSource,
  signal?: AbortSignal,
): Promise<{ readonly url: string; readonly sha256: string }> {
  const url = micromambaUrl(source, process.platform, process.arch);
  if (source.sha256 !== undefined) return { url, sha256: source.sha256 };
  const text = await downloadText(`${url}.sha256`, signal);
  const sha256 = /^\s*([0-9a-f]{64})\b/i.exec(text)?.[1];
  if (sha256 !== undefined) return { url, sha256 };
  throw new CjmError("CJM_DOWNLOAD_FAILED", `${url}.sha256 holds no SHA-256 checksum.`, {
    hint: "Check runtime.micromamba.mirror in cjm.yaml, or give the checksum as runtime.micromamba.sha256.",
  });
}

/** Address of a release. @throws CjmError CJM_ENVIRONMENT_TOOL_MISSING where there is none for the platform */
export function micromambaUrl({ version = VERSION, mirror = RELEASES }: MicromambaSource, platform: NodeJS.Platform, arch: string): string {
  const name = PLATFORMS[`${platform}-${arch}`];
  if (name === undefined) {
    throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `There is no micromamba for ${platform} on ${arch}.`, {
      hint: "Give the capabilities 'runtime: venv' or 'runtime: node', or name another conda under runtime.binaries in cjm.yaml.",
    });
  }
  return `${mirror.replace(/\/+$/, "")}/${version}/micromamba-${name}`;
}

const PLATFORMS: Readonly<Record<string, string>> = {
  "linux-x64": "linux-64",
  "linux-arm64": "linux-aarch64",
  "linux-ppc64": "linux-ppc64le",
  "darwin-x64": "osx-64",
  "darwin-arm64": "osx-arm64",
  "win32-x64": "win-64",
};

async function findWorking(config: SetupOptions["config"]): Promise<SetupOutcome | null> {
  let program: string;
  try {
    program = (await CondaProgram.find(config)).path;
  } catch (error) {
    // What cjm.yaml names and is not there is a mistake, not a reason to download.
    if (config.runtime.binaries[condaPlatformKey()] !== undefined) throw error;
    return null;
  }
  return { status: "present", program, version: await versionOf(program) };
}

async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await run(program, ["--version"], { timeout: START_MS });
    return stdout.trim();
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `${program} does not run: ${errorMessage(error)}`, {
      hint: "Download it again with 'cjm-ctl setup-runtime --force'.",
      cause: error,
    });
  }
}
