import { expect, test } from "vitest";
import {
  CapabilityCancelledError,
  CapabilityConfigError,
  CapabilityFatalError,
  CapabilityInputError,
  CapabilityResourceError,
  CapabilityTimeoutError,
  CapabilityTransientError,
  capabilityErrorFacts,
} from "../src/index.ts";

const none = { retryAfterSeconds: null, fieldsInvalid: null, resourceShortfall: null };
const shortfall = { resource: "gpu_vram_mb", needed: 6, available: 3 } as const;

test.each([
  [new CapabilityInputError("m"), { ...none, category: "user_input", retriable: true, fieldsInvalid: [] }],
  [new CapabilityInputError("m", { fields: ["a"] }), { ...none, category: "user_input", retriable: true, fieldsInvalid: ["a"] }],
  [new CapabilityConfigError("m"), { ...none, category: "user_input", retriable: true, fieldsInvalid: [] }],
  [new CapabilityTransientError("m", { retryAfterSeconds: 2 }), { ...none, category: "transient", retriable: true, retryAfterSeconds: 2 }],
  [new CapabilityTimeoutError("m"), { ...none, category: "transient", retriable: true }],
  [new CapabilityCancelledError(), { ...none, category: "transient", retriable: false }],
  [new CapabilityResourceError("m", { shortfall }), { ...none, category: "resource", retriable: true, resourceShortfall: shortfall }],
  [new CapabilityFatalError("m"), { ...none, category: "fatal", retriable: false }],
])("%s says what a host needs to know", (error, facts) => {
  expect(capabilityErrorFacts(error)).toEqual(facts);
});

test("the cause is kept, and other values have no facts", () => {
  const cause = new Error("why");
  expect(new CapabilityFatalError("m", { cause }).cause).toBe(cause);
  expect([new Error("m"), null, "text", { message: "m" }].map(capabilityErrorFacts)).toEqual([null, null, null, null]);
});

test("a second copy of the package is recognised by the brand", () => {
  const other = Object.assign(new Error("m"), { [Symbol.for("cjm.capability-error")]: { ...none, category: "fatal", retriable: false } });
  expect(capabilityErrorFacts(other)?.category).toBe("fatal");
});
