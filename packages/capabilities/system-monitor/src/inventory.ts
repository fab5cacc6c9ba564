import { cpu, osInfo } from "systeminformation";

export interface Inventory {
  readonly platform: string;
  readonly cpu: string;
}

/** What does not change while the machine runs. Asked once: systeminformation starts programs for it. */
export async function readInventory(): Promise<Inventory> {
  const [processor, system] = await Promise.all([cpu(), osInfo()]);
  return {
    platform: [system.distro, system.release, system.arch].filter((part) => part !== "" && part !== "unknown").join(" "),
    cpu: `${[processor.manufacturer, processor.brand].filter((part) => part !== "").join(" ")} · ${processor.cores} cores`.trim(),
  };
}
