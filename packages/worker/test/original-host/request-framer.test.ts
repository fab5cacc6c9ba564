import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestFramer } from "../../src/original-host/request-framer.ts";

const HEADER = "Authorization: Bearer t\r\n";

function framed(...chunks: readonly string[]): string {
  const framer = new RequestFramer(HEADER);
  return Buffer.concat(chunks.flatMap((chunk) => framer.push(Buffer.from(chunk, "latin1")))).toString("latin1");
}

describe("RequestFramer", () => {
  test.each([
    ["a request without a body", "GET /health HTTP/1.1\r\n|host: x\r\n\r\n"],
    ["a request without headers", "GET / HTTP/1.1\r\n|\r\n"],
    ["a body of a given length", "POST /execute HTTP/1.1\r\n|Content-Length: 5\r\n\r\n{}\r\n\r"],
    ["an empty body", "POST /cancel HTTP/1.1\r\n|content-length: 0\r\n\r\nGET / HTTP/1.1\r\n|\r\n"],
    ["a second request right behind the first", "POST / HTTP/1.1\r\n|content-length: 2\r\n\r\n{}GET / HTTP/1.1\r\n|host: x\r\n\r\n"],
    ["a body that looks like a request", "POST / HTTP/1.1\r\n|content-length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n|\r\n"],
    [
      "a chunked body",
      "POST / HTTP/1.1\r\n|transfer-encoding: chunked\r\n\r\n3;x=1\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET / HTTP/1.1\r\n|\r\n",
    ],
    [
      "a chunked body with a trailer",
      "POST / HTTP/1.1\r\n|Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\nsum: 1\r\n\r\nGET / HTTP/1.1\r\n|\r\n",
    ],
    ["an empty line before a request", "\r\nGET / HTTP/1.1\r\n|\r\n"],
    ["the header itself, whose first one counts", "GET / HTTP/1.1\r\n|authorization: Bearer other\r\n\r\n"],
    ["a length that is none: the worker refuses it", "POST / HTTP/1.1\r\n|content-length: two\r\n\r\nGET / HTTP/1.1\r\n\r\n"],
    [
      "a chunk size that is none: the worker refuses it",
      "POST / HTTP/1.1\r\n|transfer-encoding: chunked\r\n\r\nzz\r\nGET / HTTP/1.1\r\n\r\n",
    ],
  ])("%s", (_name, marked) => {
    const request = marked.replaceAll("|", "");
    const expected = marked.replaceAll("|", HEADER);
    expect(framed(request)).toBe(expected);
    expect(framed(...request.split(""))).toBe(expected);
  });

  test("wherever the network cuts, the result is the same", () => {
    const request =
      "POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\n\r\n\r\nPOST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    fc.assert(
      fc.property(fc.array(fc.nat(request.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), request.length];
        const chunks = at.slice(1).map((end, index) => request.slice(at[index], end));
        expect(framed(...chunks)).toBe(framed(request));
      }),
    );
  });

  test("what never becomes a head is passed on in the end", () => {
    const endless = "x".repeat(200_000);
    expect(framed(endless)).toBe(endless);
    expect(framed(endless.slice(0, 1000))).toBe("");
  });
});
