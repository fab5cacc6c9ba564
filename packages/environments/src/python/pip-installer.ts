import { constants } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { CjmError, hashBytes } from "@cjm/core";
import * as z from "zod";
import { copyPackage } from "../build/package-source.ts";
import type { StepRunner } from "../build/step-runner.ts";
import type { PackageSpec } from "../providers/package-spec.ts";
import { CLEAN_PYTHON } from "./python-interpreter.ts";

export interface PipRequest {
  readonly packages: readonly PackageSpec[];
  /** Folder of wheels in place of an index; null where there is none. */
  readonly wheels: string | null;
  /** Gets `requirements.txt`, and wheels of everything that no index has. */
  readonly lockFolder: string;
}

export const PipLockSchema = z.object({ wheels: z.string().nullable(), hashed: z.boolean() });
/** What reinstalling needs besides the files of the lock folder. */
export type PipLock = z.infer<typeof PipLockSchema>;

const ReportSchema = z.object({
  install: z.array(
    z.object({
      metadata: z.object({ name: z.string(), version: z.string() }),
      download_info: z.object({
        url: z.string(),
        archive_info: z.object({ hashes: z.record(z.string(), z.string()).nullish() }).nullish(),
        vcs_info: z.object({ vcs: z.string(), commit_id: z.string() }).nullish(),
      }),
    }),
  ),
});
type Report = z.infer<typeof ReportSchema>;

/** Installs packages into one Python environment with pip, and again from what it noted of that. */
export class PipInstaller {
  readonly #pip: readonly [string, ...string[]];
  readonly #steps: StepRunner;

  /** @param pip the words that stand before pip's own, such as `python3 -m pip --python /env/bin/python` */
  constructor(pip: readonly [string, ...string[]], steps: StepRunner) {
    this.#pip = pip;
    this.#steps = steps;
  }

  /** @throws CjmError CJM_ENVIRONMENT_FAILED */
  async install({ packages, wheels, lockFolder }: PipRequest): Promise<PipLock> {
    const where = wheels === null ? [] : ["--no-index", "--find-links", wheels];
    const kept = join(lockFolder, "wheels");
    await mkdir(kept, { recursive: true });
    const requirements = await Promise.all(packages.map((spec) => this.#requirement(spec, kept, where)));
    const report = join(lockFolder, "report.json");
    await this.#steps.run({
      title: "install packages",
      argv: [...this.#pip, "install", "--report", report, ...QUIETLY, ...where, ...requirements],
      env: CLEAN_PYTHON,
      hint: `Check ${packages.map(textOf).join(", ")} and that the package index can be reached, or give a folder of wheels with 'wheels:'.`,
    });
    const lines = await requirementLines(ReportSchema.parse(JSON.parse(await readFile(report, "utf8"))), wheels, kept);
    // The report has paths of builds that are gone.
    await rm(report);
    const hashed = lines.every(({ hash }) => hash !== null);
    await writeFile(
      join(lockFolder, "requirements.txt"),
      lines.map(({ pin, hash }) => `${pin}${hashed ? ` --hash=sha256:${hash}` : ""}\n`).join(""),
    );
    return { wheels, hashed };
  }

  /** @throws CjmError CJM_ENVIRONMENT_FAILED */
  async reinstall({ wheels, hashed }: PipLock, lockFolder: string): Promise<void> {
    await this.#steps.run({
      title: "install locked packages",
      argv: [
        ...this.#pip,
        "install",
        "--no-deps",
        ...QUIETLY,
        ...(wheels === null ? [] : ["--no-index", "--find-links", wheels]),
        "--find-links",
        join(lockFolder, "wheels"),
        ...(hashed ? ["--require-hashes"] : []),
        "--requirement",
        join(lockFolder, "requirements.txt"),
      ],
      env: CLEAN_PYTHON,
      hint: wheels === null ? "Check that the package index can be reached." : `Check that ${wheels} still has its wheels.`,
    });
  }

  /** Installs what a file pins, without what that needs: it is pinned, too. An empty file is no step. */
  async reinstallPinned(file: string): Promise<void> {
    if ((await readFile(file, "utf8")).trim() === "") return;
    const argv = [...this.#pip, "install", "--no-deps", ...QUIETLY, "--requirement", file] as const;
    await this.#steps.run({
      title: "install pinned packages",
      argv,
      env: CLEAN_PYTHON,
      hint: "Check that the package index can be reached.",
    });
  }

  /** What pip is told to install. Whatever is built from source is built once, and its wheel kept. */
  async #requirement(spec: PackageSpec, kept: string, where: readonly string[]): Promise<string> {
    if (spec.kind === "named" && !/:\/\//.test(spec.spec)) return spec.spec;
    if (spec.kind === "file" && spec.path.endsWith(".whl")) return `${spec.path}${spec.extras}`;
    const folder = join(kept, `.build-${hashBytes(textOf(spec)).slice(-16)}`);
    await mkdir(folder);
    const source = join(folder, "source");
    if (spec.kind === "folder") await copyPackage(spec.path, source);
    const built = join(folder, "built");
    await this.#steps.run({
      title: `build ${spec.kind === "named" ? spec.spec : basename(spec.path)}`,
      argv: [
        ...this.#pip,
        "wheel",
        "--no-deps",
        "--no-input",
        "--disable-pip-version-check",
        ...where,
        "--wheel-dir",
        built,
        spec.kind === "folder" ? source : textOf(spec),
      ],
      env: CLEAN_PYTHON,
      hint: `Check 'package: ${textOf(spec)}'.`,
    });
    const wheel = (await readdir(built)).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new CjmError("CJM_ENVIRONMENT_FAILED", `pip made no wheel of ${textOf(spec)}.`);
    await copyFile(join(built, wheel), join(kept, wheel));
    await rm(folder, { recursive: true });
    return `${join(kept, wheel)}${spec.kind === "named" ? "" : spec.extras}`;
  }
}

const QUIETLY = ["--no-input", "--disable-pip-version-check", "--no-warn-script-location"];

interface RequirementLine {
  readonly pin: string;
  readonly hash: string | null;
}

/** A line per package that was installed; local files that a later run could miss are kept beside the lines. */
async function requirementLines(report: Report, wheels: string | null, kept: string): Promise<readonly RequirementLine[]> {
  return await Promise.all(
    report.install.map(
      async ({ metadata: { name, version }, download_info: { url, archive_info, vcs_info } }): Promise<RequirementLine> => {
        if (vcs_info != null) return { pin: `${name} @ ${vcs_info.vcs}+${url}@${vcs_info.commit_id}`, hash: null };
        if (!url.startsWith("file:")) return { pin: `${name}==${version}`, hash: archive_info?.hashes?.["sha256"] ?? null };
        const path = fileURLToPath(url);
        const isThere = [kept, ...(wheels === null ? [] : [wheels])].some((folder) => !relative(folder, path).startsWith(".."));
        if (!isThere) await copyFile(path, join(kept, basename(path)), constants.COPYFILE_FICLONE);
        const hash = archive_info?.hashes?.["sha256"] ?? hashBytes(await readFile(path)).slice("sha256:".length);
        return { pin: `${name}==${version}`, hash };
      },
    ),
  );
}

function textOf(spec: PackageSpec): string {
  return spec.kind === "named" ? spec.spec : spec.path;
}
