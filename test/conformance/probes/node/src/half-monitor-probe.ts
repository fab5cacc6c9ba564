import { ToolCapability } from "@cjm/capability";

/** The twin of `half_monitor_probe.py`: a monitor that knows no processes. */
export class HalfMonitorProbe extends ToolCapability {
  static override readonly capabilityName = "half-monitor-probe";
  readonly actions = {};

  getSystemStatus(): object {
    return { memory_available_mb: 1024 };
  }
}
