import type { CjmConfig, RunId } from "@cjm/core";
import type { CapabilityManagerOptions, LoadRequest, WireDecoder } from "@cjm/host";
import type { ConfigRequest } from "./config/resolve-config.ts";

/** One capability to load: its name as in `cjm-ctl list`, or more to say about it. */
export type CapabilityRequest = string | LoadRequest;

export interface PipelineOptions {
  /** What to load, the system monitor excepted. @default every capability that is installed */
  readonly capabilities?: readonly CapabilityRequest[];
  /** Where configuration is searched for, or the configuration itself. @default the nearest `cjm.yaml` from the working directory up */
  readonly config?: ConfigRequest | CjmConfig;
  /** Folders of manifests, earlier ones first. @default `manifests` of the data directory */
  readonly searchPaths?: readonly string[];
  /** Instance that reports memory and GPU use; false for none. @default `cjm-capability-system-monitor` when it is installed */
  readonly systemMonitor?: string | false;
  /** Jobs that may run at the same time over all instances. @default 4 */
  readonly lanes?: number;
  /**
   * What becomes of jobs whose capability keeps dying and was stopped for good: a host that stays up holds them until somebody
   * reloads it, a program that waits for its results fails them. @default "hold"
   */
  readonly whenStopped?: "hold" | "fail";
  /**
   * Where jobs are kept: in `jobs.db` of the data directory, where they outlive this process, or in memory.
   * @default "durable"
   */
  readonly jobs?: "durable" | "memory";
  /** Whether to go on with what hosts that are gone left for the loaded capabilities. @default true */
  readonly recover?: boolean;
  /** Whether other processes of this user may ask what it does, and cancel: `cjm-ctl ps`, `why`, `top`, `cancel`. @default true */
  readonly control?: boolean;
  /** Time limits, retries and policy of the capability manager. @default its own */
  readonly manager?: Pick<CapabilityManagerOptions, "maxResourceRetries" | "policy" | "startTimeoutMs" | "terminationGraceMs">;
  /** Results of these kinds are rebuilt by their decoder; others stay as they came. @default none */
  readonly wireTypes?: ReadonlyMap<string, WireDecoder>;
  /** Who asks, as it stands in the journal. @default `app:<user name>` */
  readonly actor?: string;
  /** Run that jobs belong to. @default a new one */
  readonly runId?: RunId;
  /** Ends the start; once the pipeline is there, `close()` or `destroy()` do. */
  readonly signal?: AbortSignal;
}

export function isConfig(config: ConfigRequest | CjmConfig): config is CjmConfig {
  return "capabilitiesFile" in config;
}
