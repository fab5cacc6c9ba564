import { join } from "node:path";
import { BareServer } from "../kit/bare-server.ts";
import type { Bench, BenchContext } from "../kit/bench.ts";
import { BenchHost } from "../kit/bench-host.ts";
import { burst } from "../kit/burst.ts";
import type { Figures } from "../kit/figures.ts";
import { interleave } from "../kit/interleave.ts";
import { readCpuMs } from "../kit/process-readings.ts";
import { percentile } from "../kit/statistics.ts";

interface Echo {
  /** Stands after the `@` of its figures; the host with our Node worker has none. */
  readonly subject: string;
  readonly workerPid: number;
  readonly call: (payload: string) => Promise<unknown>;
}

interface Load {
  readonly name: string;
  readonly payload: string;
  readonly calls: number;
  readonly inFlight: number;
}

/** What one call costs on its way through the host and back, beside the same client and server with nothing between them. */
export const calls: Bench = {
  summary: "round trip of one echo through the capability manager, beside a bare undici pool and Fastify",
  async run({ figures, workload, folder }: BenchContext): Promise<void> {
    const { warmup, rounds, payloads, in_flight, burst_calls } = workload.b;
    await using opened = new AsyncDisposableStack();
    const echoes = await openEchoes(folder, opened);
    for (const { call } of echoes) await burst(() => call("x".repeat(100)), warmup, 4);

    const bursts = in_flight.map((inFlight) => ({
      name: nameOf("100B", inFlight),
      payload: "x".repeat(100),
      calls: burst_calls,
      inFlight,
    }));
    const larger = payloads.filter(({ name }) => name !== "100B");
    const loads = [...bursts, ...larger.map(({ name, bytes, calls }) => ({ name, payload: "x".repeat(bytes), calls, inFlight: 1 }))];
    for (const load of loads) {
      await interleave(echoes, { rounds, warmups: 1 }, async (echo, isWarmup) => {
        await measure(echo, load, isWarmup ? null : figures);
      });
      for (const { subject } of echoes.filter(({ subject }) => subject !== "bare")) {
        for (const what of ["p50_ms", "p99_ms", "per_s", "cpu_ms"]) {
          const of = named(`b.execute_${load.name}_${what}`, subject);
          figures.ratio(`${of}/bare`, of, named(`b.execute_${load.name}_${what}`, "bare"));
        }
      }
    }
  },
};

async function openEchoes(folder: string, opened: AsyncDisposableStack): Promise<readonly Echo[]> {
  const host = async (subject: string, instanceId: string, profiles: boolean): Promise<Echo> => {
    const own = opened.use(await BenchHost.open({ folder: join(folder, subject || "host"), profiles }));
    await own.manager.load(instanceId, { maxConcurrentCalls: 64 });
    const call = (payload: string): Promise<unknown> => own.call(instanceId, { action: "echo", payload });
    return { subject, workerPid: own.pidOf(instanceId), call };
  };
  return [
    await host("", "bench-0", true),
    await host("without_profiles", "bench-0", false),
    await host("python", "bench-python", true),
    await bare(folder, opened),
  ];
}

async function bare(folder: string, opened: AsyncDisposableStack): Promise<Echo> {
  const server = opened.use(await BareServer.start(join(folder, "bare")));
  return { subject: "bare", workerPid: server.pid, call: (payload) => server.execute({ action: "echo", payload }) };
}

async function measure(
  { subject, workerPid, call }: Echo,
  { name, payload, calls, inFlight }: Load,
  figures: Figures | null,
): Promise<void> {
  const hostBefore = process.cpuUsage();
  const workerBeforeMs = readCpuMs(workerPid);
  const { latenciesMs, perSecond } = await burst(() => call(payload), calls, inFlight);
  const { user, system } = process.cpuUsage(hostBefore);
  const workerMs = readCpuMs(workerPid) - workerBeforeMs;
  const add = (what: string, unit: string, value: number): void => figures?.add(named(`b.execute_${name}_${what}`, subject), unit, value);
  add("p50_ms", "ms", percentile(latenciesMs, 50));
  add("p99_ms", "ms", percentile(latenciesMs, 99));
  add("per_s", "calls/s", perSecond);
  add("host_cpu_ms", "ms/call", (user + system) / 1000 / calls);
  add("worker_cpu_ms", "ms/call", workerMs / calls);
  add("cpu_ms", "ms/call", ((user + system) / 1000 + workerMs) / calls);
}

function named(figure: string, subject: string): string {
  return subject === "" ? figure : `${figure}@${subject}`;
}

/** One at a time is what the original measures and has its name. */
function nameOf(payload: string, inFlight: number): string {
  return inFlight === 1 ? payload : `${payload}_${inFlight}_in_flight`;
}
