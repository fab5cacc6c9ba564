import type { CjmConfig, JsonObject, RunId } from "@cjm/core";
import type { ConfigRequest } from "./config/resolve-config.ts";

/** One capability to load: its name as in `cjm-ctl list`, or more to say about it. */
export type CapabilityRequest =
  | string
  | {
      readonly name: string;
      /** Address of this instance in jobs. @default the capability's name */
      readonly instanceId?: string;
      /** Over persisted values, which are over the schema's defaults. */
      readonly config?: JsonObject;
      /** Jobs that may run on it at the same time. @default 1 */
      readonly maxConcurrentCalls?: number;
    };

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
