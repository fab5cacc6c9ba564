import { expect, test } from "vitest";
import { transportFault } from "../../src/workers/transport-fault.ts";

const error = (code: string | undefined, name = "Error"): Error =>
  Object.assign(new Error("x"), { name }, code === undefined ? {} : { code });

test.each([
  ["the other side closed", error("UND_ERR_SOCKET", "SocketError"), "broke"],
  ["reset", error("ECONNRESET"), "broke"],
  ["refused", error("ECONNREFUSED"), "broke"],
  ["no socket file", error("ENOENT"), "broke"],
  ["a broken pipe", error("EPIPE"), "broke"],
  ["the pool was destroyed", error("UND_ERR_DESTROYED", "ClientDestroyedError"), "broke"],
  ["no HTTP, with a code", error("HPE_INVALID_CONSTANT", "HTTPParserError"), "foreign"],
  ["no HTTP, without", error(undefined, "HTTPParserError"), "foreign"],
  ["headers without end", error("UND_ERR_HEADERS_OVERFLOW"), "foreign"],
  ["another length than it said", error("UND_ERR_RES_CONTENT_LENGTH_MISMATCH"), "foreign"],
  ["no answer in time", new DOMException("too late", "TimeoutError"), "silent"],
  ["an error of the capability", error("CJM_CALL_FAILED", "CjmError"), null],
  ["something else", new TypeError("x"), null],
  ["no error", "x", null],
])("%s", (_name, thrown, fault) => {
  expect(transportFault(thrown)).toBe(fault);
});
