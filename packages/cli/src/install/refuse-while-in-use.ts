import { CjmError } from "@cjm/core";
import { capabilitiesInUse } from "./capabilities-in-use.ts";

/**
 * An environment must not go while workers live in it: what they import later, or a worker that starts again, would find nothing.
 * @throws CjmError CJM_ENVIRONMENT_BUSY naming the hosts that have any of the capabilities loaded, or that cannot be asked
 */
export async function refuseWhileInUse(names: readonly string[], dataDir: string): Promise<void> {
  const hosts = await capabilitiesInUse(dataDir);
  const users = hosts.flatMap(({ pid, names: loaded }) => {
    const used = (loaded ?? []).filter((name) => names.includes(name));
    return used.length === 0 ? [] : [{ pid, used }];
  });
  if (users.length > 0) {
    const used = [...new Set(users.flatMap((user) => user.used))].join(", ");
    throw busy(`${used} is in use by ${hostsText(users)}.`, "End it first; 'cjm-ctl ps' shows what it does, 'cjm-ctl cancel' ends that.", {
      capabilities: used,
      pids: users.map(({ pid }) => pid),
    });
  }
  const silent = hosts.filter((host) => host.names === null);
  if (silent.length === 0) return;
  throw busy(
    `${names.join(", ")} may be in use by ${hostsText(silent)}, which cannot be asked.`,
    "'cjm-ctl doctor' says why; end it first.",
    {
      capabilities: names.join(", "),
      pids: silent.map(({ pid }) => pid),
    },
  );
}

function hostsText(hosts: readonly { readonly pid: number }[]): string {
  return `the ${hosts.length === 1 ? "host" : "hosts"} of pid ${hosts.map(({ pid }) => pid).join(", ")}`;
}

function busy(message: string, way: string, details: { readonly capabilities: string; readonly pids: readonly number[] }): CjmError {
  return new CjmError("CJM_ENVIRONMENT_BUSY", message, {
    hint: `${way} Or say --force.`,
    details: { ...details, pids: [...details.pids] },
  });
}
