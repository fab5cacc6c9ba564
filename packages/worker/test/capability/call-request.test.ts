import { expect, test } from "vitest";
import { NO_ENVELOPE, readCallRequest } from "../../src/capability/call-request.ts";

const read = (text: string) => readCallRequest(Buffer.from(text));

test.each(["", "{", "[]", "7", "null", '"text"', '{"envelope": 7}', '{"envelope": "x"}', '{"envelope": [1]}', '{"envelope": true}'])(
  "%s is no call",
  (text) => {
    expect(read(text)).toBeNull();
  },
);

test.each([
  ["{}", { args: [], kwargs: {}, task: "", method: "", envelope: NO_ENVELOPE, badArguments: null }],
  ['{"kwargs": {"a": 1}, "args": [2], "later": 3}', { args: [2], kwargs: { a: 1 } }],
  ['{"task": "t", "method": 7}', { task: "t", method: "" }],
  ['{"envelope": {}}', { envelope: NO_ENVELOPE }],
  [
    '{"envelope": {"job_id": "j", "node_id": 7, "control": {"force": true}}}',
    { envelope: { ...NO_ENVELOPE, jobId: "j", control: { force: true } } },
  ],
  ['{"envelope": null}', { envelope: NO_ENVELOPE }],
  ['{"envelope": false}', { envelope: NO_ENVELOPE }],
  ['{"envelope": []}', { envelope: NO_ENVELOPE }],
  ['{"args": null}', { badArguments: "args must be a list of positional arguments, not null." }],
  ['{"kwargs": null}', { badArguments: "kwargs must be an object of named arguments, not null." }],
  ['{"args": {}, "kwargs": []}', { badArguments: expect.stringMatching(/args must .*a object; kwargs must .*a list/) }],
])("%s", (text, expected) => {
  expect(read(text)).toMatchObject(expected);
});
