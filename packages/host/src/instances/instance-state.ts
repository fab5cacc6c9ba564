/**
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> cold
 *   cold --> starting : the load, or the next call
 *   starting --> ready
 *   starting --> down : it failed, or was given up
 *   ready --> down : the worker died
 *   ready --> stopping
 *   down --> starting : the next call, or a restart
 *   down --> stopping
 *   stopping --> cold : it had to make room, or is restarted
 *   cold --> stopping
 *   stopping --> stopped
 * ```
 */
export const INSTANCE_TRANSITIONS = {
  starting: ["ready", "down"],
  ready: ["down", "stopping"],
  down: ["starting", "stopping"],
  cold: ["starting", "stopping"],
  stopping: ["cold", "stopped"],
  stopped: [],
} as const satisfies Record<string, readonly string[]>;

export type InstanceState = keyof typeof INSTANCE_TRANSITIONS;

/** @throws Error for a step that the table does not have: a defect of ours */
export function nextInstanceState(from: InstanceState, to: InstanceState): InstanceState {
  if (!(INSTANCE_TRANSITIONS[from] as readonly InstanceState[]).includes(to))
    throw new Error(`an instance cannot go from ${from} to ${to}`);
  return to;
}
