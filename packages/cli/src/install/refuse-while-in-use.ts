import { CjmError } from "@cjm/core";
import { capabilitiesInUse } from "./capabilities-in-use.ts";

/**
 * An environment must not go while workers live in it: what they import later, or a worker that starts again, would find nothing.
 * @throws CjmError CJM_ENVIRONMENT_BUSY naming the hosts that have any of the capabilities loaded
 */
export async function refuseWhileInUse(names: readonly string[], dataDir: string): Promise<void> {
  const users = (await capabilitiesInUse(dataDir)).flatMap((host) => {
    const used = host.names.filter((name) => names.includes(name));
    return used.length === 0 ? [] : [{ pid: host.pid, used }];
  });
  if (users.length === 0) return;
  const used = [...new Set(users.flatMap((user) => user.used))].join(", ");
  const pids = users.map(({ pid }) => pid).join(", ");
  throw new CjmError("CJM_ENVIRONMENT_BUSY", `${used} is in use by the ${users.length === 1 ? "host" : "hosts"} of pid ${pids}.`, {
    hint: "End it first; 'cjm-ctl ps' shows what it does, 'cjm-ctl cancel' ends that. Or say --force.",
    details: { capabilities: used, pids: users.map(({ pid }) => pid) },
  });
}
