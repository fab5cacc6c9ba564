import { constants, existsSync } from "node:fs";
import { access, chmod, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type CjmConfig, dataLayout } from "@cjm/core";
import { discoverManifests } from "@cjm/host";
import { databaseFaults } from "@cjm/store";
import { sizeText } from "../install/size-text.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

const MIB = 1024 * 1024;
const LITTLE_ROOM = 1024 * MIB;
const NO_ROOM = 100 * MIB;

/** Whether the data directory can be written, and how much room its disk has. */
export async function checkDataDirectory(dataDir: string): Promise<readonly Finding[]> {
  if (!existsSync(dataDir)) {
    const parent = nearestFolder(dataDir);
    if (await isWritable(parent))
      return [note("data", `${dataDir} is not there yet; the first command that needs it makes it`), ...(await checkRoom(parent))];
    return [
      wrong("data", `${dataDir} is not there, and ${parent} is not writable`, "Name another one with --data-dir or data_dir in cjm.yaml."),
    ];
  }
  if (!(await stat(dataDir)).isDirectory())
    return [wrong("data", `${dataDir} is a file, and no folder`, "Name another one with --data-dir or data_dir in cjm.yaml.")];
  const writable = (await isWritable(dataDir))
    ? ok("data", `${dataDir} can be written`)
    : wrong("data", `${dataDir} is not writable`, `Make it yours: chown -R "$USER" ${dataDir}`);
  return [writable, ...(await checkRoom(dataDir))];
}

async function checkRoom(folder: string): Promise<readonly Finding[]> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = `${sizeText(free)} are free on its disk`;
  if (free < NO_ROOM) return [wrong("data", text, "Make room: 'cjm-ctl gc' and 'cjm-ctl retention' free what cjm does not need.")];
  return [free < LITTLE_ROOM ? note("data", text, "'cjm-ctl gc' and 'cjm-ctl retention' free what cjm does not need.") : ok("data", text)];
}

/** Secrets and the control folder are for their owner alone. */
export async function checkPermissions(dataDir: string): Promise<readonly Finding[]> {
  const { secrets } = dataLayout(dataDir);
  const wanted: readonly (readonly [string, number])[] = [
    [secrets, 0o700],
    [join(secrets, "secrets.json"), 0o600],
    [join(dataDir, "control"), 0o700],
  ];
  const found = await Promise.all(wanted.map(([path, mode]) => checkMode(path, mode)));
  const faults = found.filter((finding) => finding !== null);
  return faults.length > 0 || !existsSync(secrets) ? faults : [ok("secrets", `${secrets} can be read by its owner alone`)];
}

/** Null: it is as it should be, or not there. */
async function checkMode(path: string, mode: number): Promise<Finding | null> {
  const facts = await stat(path).catch(() => null);
  if (facts === null || (facts.mode & 0o077) === 0) return null;
  const is = (facts.mode & 0o777).toString(8);
  const should = mode.toString(8);
  return wrong("secrets", `${path} can be used by others: its mode is 0${is}`, `chmod ${should} ${path}`, async () => {
    await chmod(path, mode);
    return `set the mode of ${path} to 0${should}`;
  });
}

/** Whether SQLite can read every database. A file of which others have need is never moved by a program. */
export function checkFiles(dataDir: string): readonly Finding[] {
  const layout = dataLayout(dataDir);
  const paths = [layout.jobs, layout.journal, layout.diagnostics, layout.profiles, layout.configs, layout.inputHashes].filter((path) =>
    existsSync(path),
  );
  const damaged = paths.flatMap((path) => {
    const [fault] = databaseFaults(path);
    if (fault === undefined) return [];
    const fix =
      path === layout.journal || path === layout.jobs
        ? `Stop all hosts, then save what can be saved: sqlite3 ${path} .recover | sqlite3 ${path}.recovered, and put that in its place.`
        : `Stop all hosts and move it aside; a new one is made at the next start: mv ${path} ${path}.damaged`;
    return [wrong("files", `${basename(path)} is damaged: ${fault}`, fix)];
  });
  const whole = paths.length - damaged.length;
  return [...damaged, ...(whole === 0 ? [] : [ok("files", `${whole} ${whole === 1 ? "database is" : "databases are"} whole`)])];
}

/** Whether every manifest can be read and its environment is there. */
export function checkCapabilities({ dataDir }: Pick<CjmConfig, "dataDir">): readonly Finding[] {
  const { manifests } = dataLayout(dataDir);
  const { capabilities, broken } = discoverManifests([manifests]);
  const lost = capabilities.filter(
    ({ manifest: { install } }) => install.environment_path !== null && !existsSync(install.environment_path),
  );
  const whole = capabilities.length - lost.length;
  return [
    ...broken.map(({ path, reason }) =>
      wrong("capabilities", `${path} is no manifest: ${reason}`, "Install its capability again, or move the file aside."),
    ),
    ...lost.map(({ name, manifest }) =>
      wrong("capabilities", `The environment of ${name} is gone: ${manifest.install.environment_path ?? "?"}`, `cjm-ctl repair ${name}`),
    ),
    ...(capabilities.length === 0
      ? [note("capabilities", "no capability is installed", "'cjm-ctl install-all' installs what capabilities.yaml lists.")]
      : []),
    ...(whole === 0 ? [] : [ok("capabilities", `${whole} ${whole === 1 ? "capability is" : "capabilities are"} installed`)]),
  ];
}

function nearestFolder(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestFolder(dirname(path));
}

async function isWritable(path: string): Promise<boolean> {
  return await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}
