import { action, type GpuProcess, type MachineStatus, ToolCapability, z } from "@cjm/capability";

/** The twin of `monitor_probe.py`: a monitor that can be broken. */
export class MonitorProbe extends ToolCapability {
  static override readonly capabilityName = "monitor-probe";
  #isBroken = false;

  readonly actions = {
    spoil: action({
      description: "Lets every further answer fail.",
      input: z.object({}),
      output: z.null(),
      run: () => {
        this.#isBroken = true;
        return null;
      },
    }),
  };

  getSystemStatus(): MachineStatus {
    this.#answer();
    return {
      cpu_percent: 1,
      memory_total_mb: 2048,
      memory_available_mb: 1024,
      memory_used_mb: 1024,
      gpu_type: "None",
      gpu_total_memory_mb: 0,
      gpu_free_memory_mb: 0,
      gpu_used_memory_mb: 0,
      gpu_load_percent: 0,
    };
  }

  listProcesses(): readonly GpuProcess[] {
    this.#answer();
    return [{ pid: 7, gpu_index: 0, gpu_memory_mb: 100, command: "train" }];
  }

  #answer(): void {
    if (this.#isBroken) throw new Error("told to fail");
  }
}
