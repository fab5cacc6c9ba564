import { CapabilityFatalError, CapabilityResourceError, CapabilityTransientError } from "@cjm/capability";
import { JobErrorSchema } from "@cjm/core";
import { expect, test } from "vitest";
import { errorFacts } from "../../src/capability/error-facts.ts";
import { UnserialisableError } from "../../src/capability/result-json.ts";
import { jobErrorOf } from "../../src/server/job-error-of.ts";

const of = (thrown: unknown) => jobErrorOf(errorFacts(thrown), "probe", 1_700_000_000_000);
const coded = (code: string) => Object.assign(new Error("m"), { code });

test.each([
  [new TypeError("m"), "user_input", true],
  [new SyntaxError("m"), "user_input", true],
  [new RangeError("m"), "user_input", true],
  [new RangeError("Array buffer allocation failed"), "resource", true],
  [coded("ENOENT"), "user_input", true],
  [coded("EACCES"), "user_input", true],
  [coded("ECONNREFUSED"), "transient", true],
  [coded("ENOMEM"), "resource", true],
  [new Error("m"), "fatal", false],
  ["text", "fatal", false],
  [new UnserialisableError("m"), "user_input", true],
  [new CapabilityFatalError("m"), "fatal", false],
  [new CapabilityTransientError("m"), "transient", true],
])("%s is %s", (thrown, category, retriable) => {
  expect(of(thrown)).toMatchObject({ category, retriable });
});

test("every key in the contract's order", () => {
  const error = of(new CapabilityResourceError("m", { shortfall: { resource: "disk_mb", needed: 2, available: 1 } }));
  expect(Object.keys(error)).toEqual(Object.keys(JobErrorSchema.shape));
  expect(error).toMatchObject({
    original_exc_repr: "CapabilityResourceError('m')",
    resource_shortfall: { resource: "disk_mb", needed: 2, available: 1 },
    capability_name: "probe",
    occurred_at: "2023-11-14T22:13:20.000000+00:00",
  });
});
