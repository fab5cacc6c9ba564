/**
 * Every route of a worker, by purpose. Source: the original's worker, which serves the same paths and methods. Ours also take
 * `?job_id=` on `initialize`, `prefetch` and `reconfigure`, whose progress is then pushed under that job and which `cancel` of
 * that job ends, and on `progress`, to ask for one job.
 */
export const ROUTES = {
  health: { method: "GET", path: "/health" },
  stats: { method: "GET", path: "/stats" },
  surface: { method: "GET", path: "/structural_surface" },
  initialize: { method: "POST", path: "/initialize" },
  prefetch: { method: "POST", path: "/prefetch" },
  reconfigure: { method: "POST", path: "/reconfigure" },
  onDisable: { method: "POST", path: "/on_disable" },
  onEnable: { method: "POST", path: "/on_enable" },
  cleanup: { method: "POST", path: "/cleanup" },
  configSchema: { method: "GET", path: "/config_schema" },
  config: { method: "GET", path: "/config" },
  configOptions: { method: "GET", path: "/config_options" },
  execute: { method: "POST", path: "/execute" },
  task: { method: "POST", path: "/task" },
  executeStream: { method: "POST", path: "/execute_stream" },
  cancel: { method: "POST", path: "/cancel" },
  progress: { method: "GET", path: "/progress" },
  systemStatus: { method: "POST", path: "/get_system_status" },
  listProcesses: { method: "POST", path: "/list_processes" },
} as const satisfies Record<string, { method: "GET" | "POST"; path: string }>;

export type RouteName = keyof typeof ROUTES;

/** What a worker accepts as a request body, in bytes. Larger values go as files. */
export const REQUEST_BODY_LIMIT_BYTES = 256 * 1024 * 1024;
