import type { ConfigOptions } from "@cjm/capability";
import type { OperationName } from "../thread/thread-messages.ts";
import type { CallScope } from "./call-scope.ts";
import type { CapabilityLife } from "./capability-life.ts";
import type { CapabilityInHand } from "./load-capability.ts";

interface HookCall {
  readonly capability: CapabilityInHand;
  readonly life: CapabilityLife;
  /** Null when the body was no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly scope: CallScope;
}

type Hook = (call: HookCall) => unknown;

/** What each operation that is no call does with the capability. */
export const HOOKS: Readonly<Record<Exclude<OperationName, "execute" | "task" | "stream">, Hook>> = {
  initialize: ({ life, body, scope }) => {
    if (body === null) throw new SyntaxError("The body of /initialize is no JSON object. Send the configuration, or {} for the defaults.");
    return life.initialize(body, scope);
  },
  prefetch: async ({ capability, life, scope }) => {
    await life.ready(scope);
    scope.throwIfCancelled();
    await capability.instance.prefetch(scope);
  },
  reconfigure: ({ life, body, scope }) => {
    if (body === null) throw new SyntaxError("The body of /reconfigure is no JSON object with old_config and new_config.");
    return life.reconfigure(body["old_config"] ?? null, body["new_config"] ?? null, scope);
  },
  onDisable: ({ capability, scope }) => capability.instance.onDisable(scope),
  onEnable: ({ capability, scope }) => capability.instance.onEnable(scope),
  cleanup: ({ life }) => life.cleanup(),
  configOptions: async ({ capability, life, scope }) => {
    await life.ready(scope);
    return fullOptions(await capability.instance.configOptions());
  },
  systemStatus: async ({ capability, life, scope }) => {
    await life.ready(scope);
    return callMethod(capability.instance, "getSystemStatus", scope);
  },
  listProcesses: async ({ capability, life, scope }) => {
    await life.ready(scope);
    return callMethod(capability.instance, "listProcesses", scope);
  },
};

/** Every key that hosts of the original expect is there. */
function fullOptions(options: ConfigOptions): unknown {
  const full = Object.entries(options).map(([field, { options: values, constraints }]) => [
    field,
    {
      options: values.map(({ value, label, metadata }) => ({ value, label: label ?? String(value), metadata: metadata ?? {} })),
      constraints: constraints ?? {},
    },
  ]);
  return Object.fromEntries(full) as unknown;
}

/** The server asks only when the class has the method. */
function callMethod(instance: object, name: "getSystemStatus" | "listProcesses", scope: CallScope): unknown {
  const method: unknown = Reflect.get(instance, name);
  if (typeof method !== "function") throw new TypeError(`${name} is no method of this capability.`);
  return method.call(instance, scope);
}
