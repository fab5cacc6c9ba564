import { readFileSync } from "node:fs";
import {
  action,
  CapabilityCancelledError,
  CapabilityConfigError,
  CapabilityFatalError,
  CapabilityInputError,
  CapabilityResourceError,
  CapabilityTimeoutError,
  CapabilityTransientError,
  z,
} from "@cjm/capability";

const coded = (code: string): Error => Object.assign(new Error(`${code}: told to fail`), { code });

/** What a tool meets without having thought of it, in the words of this language. */
const UNTYPED: Readonly<Record<string, () => unknown>> = {
  missing_file: () => readFileSync("/nowhere/at/all"),
  no_permission: () => Promise.reject(coded("EACCES")),
  refused_connection: () => Promise.reject(coded("ECONNREFUSED")),
  timeout: () => Promise.reject(coded("ETIMEDOUT")),
  full_disk: () => Promise.reject(coded("ENOSPC")),
  wrong_type: () => Promise.reject(new TypeError("told to fail")),
  wrong_value: () => Promise.reject(new RangeError("told to fail")),
  bad_json: () => JSON.parse("{") as unknown,
  memory: () => Promise.reject(new RangeError("Array buffer allocation failed")),
  anything_else: () => Promise.reject(new Error("told to fail")),
};

export const errorActions = {
  fail: action({
    description: "Throws the typed error of a category.",
    input: z.object({ category: z.string(), message: z.string() }),
    output: z.unknown(),
    run: ({ category, message }) => {
      throw typedError(category, message);
    },
  }),
  raise_plain: action({
    description: "Throws an error that nobody typed.",
    input: z.object({}),
    output: z.unknown(),
    run: () => {
      throw new Error("something broke");
    },
  }),
  raise_untyped: action({
    description: "Fails as tools do that never thought of it.",
    input: z.object({ kind: z.string() }),
    output: z.unknown(),
    run: async ({ kind }) => UNTYPED[kind]?.(),
  }),
};

function typedError(category: string, message: string): Error {
  switch (category) {
    case "user_input":
      return new CapabilityInputError(message, { fields: ["field"] });
    case "config":
      return new CapabilityConfigError(message, { fields: ["model"] });
    case "transient":
      return new CapabilityTransientError(message, { retryAfterSeconds: 1.5 });
    case "timeout":
      return new CapabilityTimeoutError(message);
    case "resource":
      return new CapabilityResourceError(message, { shortfall: { resource: "gpu_vram_mb", needed: 6000, available: 3500 } });
    case "resource_unknown":
      return new CapabilityResourceError(message);
    case "cancelled":
      return new CapabilityCancelledError(message);
    default:
      return new CapabilityFatalError(message);
  }
}
