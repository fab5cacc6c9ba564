import type { CallContext } from "./call-context.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { WorkerEnvRecord } from "./worker-env.ts";

/**
 * Where a worker finds the port of a capability. A global symbol, because worker and capability may hold two copies of
 * this package; its number changes when the port does.
 */
export const CAPABILITY_PORT: unique symbol = Symbol.for("cjm.capability.port.1") as never;

/** Who a capability is, as its worker knows from the installed package. */
export interface CapabilityIdentity {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Version of every declared dependency that the capability's own module resolves. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** One action as manifests and `describe` show it. */
export interface ActionDescription {
  readonly name: string;
  readonly description: string;
  readonly input_schema: JsonSchema;
  readonly output_schema: JsonSchema;
  readonly streams: boolean;
  readonly idempotent: boolean;
  readonly cache: "pure" | "files" | "never";
}

/** What a class declares about itself; null where it leaves the choice to its package. */
export interface CapabilityDeclaration {
  readonly name: string | null;
  readonly version: string | null;
  readonly description: string | null;
  readonly configSchema: JsonSchema;
  readonly workerEnv: readonly WorkerEnvRecord[];
  readonly actions: readonly ActionDescription[];
}

/** A mistake of the author: which member, what is wrong with it, and what to write instead. */
export interface AuthoringMistake {
  readonly member: string;
  readonly message: string;
  readonly hint: string;
}

/** How a worker drives a capability. Everything an author does not write himself. */
export interface CapabilityPort {
  /** Mistakes of the class; nothing else may be called while there are any. */
  mistakes(): readonly AuthoringMistake[];
  declaration(): CapabilityDeclaration;
  attach(identity: CapabilityIdentity): void;
  /** @throws CapabilityConfigError naming every bad field */
  configure(raw: unknown): Promise<void>;
  /** Checks and sets the new configuration, then runs the author's hook; when that throws, the old one stands again. */
  reconfigure(oldRaw: unknown, newRaw: unknown, ctx: CallContext): Promise<void>;
  /** The effective configuration, or null before the first `configure`. */
  config(): Readonly<Record<string, unknown>> | null;
  /** The error of a cancelled call, of the class that the capability itself knows. */
  cancelledError(): Error;
}
