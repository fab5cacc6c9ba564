import { type Health, ROUTES, type Stats } from "@cjm/protocol/plain";
import type { FastifyInstance } from "fastify";
import { SubtreeUsageReader } from "../process/process-usage.ts";
import type { WorkerContext } from "./worker-context.ts";

/** Who this is and what it uses. Answered without asking the capability's thread. */
export function addIdentityRoutes(app: FastifyInstance, { thread }: WorkerContext): void {
  const usage = new SubtreeUsageReader();
  app.get(ROUTES.health.path, (): Health => {
    return { status: "running", pid: process.pid, name: thread.capability.name, version: thread.capability.version };
  });
  app.get(ROUTES.stats.path, (): Stats => {
    const { pids, cpuPercent, residentMb } = usage.read();
    return { pid: process.pid, cpu_percent: cpuPercent, memory_rss_mb: residentMb, subtree_pids: [...pids], usage: thread.usage };
  });
  app.get(ROUTES.surface.path, () => thread.capability.surface);
}
