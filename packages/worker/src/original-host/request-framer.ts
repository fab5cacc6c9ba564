const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
/** Far above what the worker's server accepts: whatever is longer is refused there. */
const LONGEST_HEAD_BYTES = 128 * 1024;

/**
 * Where the stream is. `counted` passes so many bytes and then goes on; `opaque` is a stream that is no HTTP/1.1 as it should
 * be, which passes untouched, for the worker to refuse.
 */
type Place = "head" | "chunk size" | "trailer" | "opaque" | { readonly left: number; readonly next: "head" | "chunk size" };

/**
 * Follows the requests on one connection as far as needed to put one header line into each, right behind the request line,
 * so that it comes before any of the same name. All other bytes pass as they are. Source: RFC 9112, sections 2, 6 and 7.
 */
export class RequestFramer {
  readonly #headerLine: Buffer;
  #place: Place = "head";
  /** The beginning of a head or line whose end has not come yet. */
  #held: Buffer = Buffer.alloc(0);

  /** @param headerLine with its line end */
  constructor(headerLine: string) {
    this.#headerLine = Buffer.from(headerLine, "latin1");
  }

  /** What to send for the next bytes; what is not sent yet is held back. */
  push(chunk: Buffer): readonly Buffer[] {
    const pieces: Buffer[] = [];
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (rest.length > 0) {
      const taken = this.#take(rest, pieces);
      if (taken === 0) {
        this.#held = rest;
        break;
      }
      rest = rest.subarray(taken);
    }
    return pieces;
  }

  /** Sends what can be sent from the front of `bytes`; returns how much of it is dealt with, 0 when more must come first. */
  #take(bytes: Buffer, pieces: Buffer[]): number {
    if (typeof this.#place === "object") {
      const { left, next } = this.#place;
      const part = bytes.subarray(0, left);
      pieces.push(part);
      this.#place = part.length === left ? next : { left: left - part.length, next };
      return part.length;
    }
    if (this.#place === "opaque") return pass(bytes, bytes.length, pieces);
    if (this.#place === "head") return this.#takeHead(bytes, pieces);
    return this.#takeLine(bytes, pieces);
  }

  #takeHead(bytes: Buffer, pieces: Buffer[]): number {
    // Empty lines before a request are allowed.
    if (bytes.subarray(0, 2).equals(LINE_END)) return pass(bytes, 2, pieces);
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) return this.#waitOrGiveUp(bytes, pieces);
    const head = bytes.subarray(0, end + HEAD_END.length);
    const lineEnd = head.indexOf(LINE_END) + LINE_END.length;
    pieces.push(head.subarray(0, lineEnd), this.#headerLine, head.subarray(lineEnd));
    this.#place = placeAfter(head.toString("latin1"));
    return head.length;
  }

  #takeLine(bytes: Buffer, pieces: Buffer[]): number {
    const end = bytes.indexOf(LINE_END);
    if (end === -1) return this.#waitOrGiveUp(bytes, pieces);
    const line = bytes.toString("latin1", 0, end);
    if (this.#place === "trailer") {
      if (line === "") this.#place = "head";
    } else {
      this.#place = placeAfterChunkSize(line);
    }
    return pass(bytes, end + LINE_END.length, pieces);
  }

  #waitOrGiveUp(bytes: Buffer, pieces: Buffer[]): number {
    if (bytes.length <= LONGEST_HEAD_BYTES) return 0;
    this.#place = "opaque";
    return pass(bytes, bytes.length, pieces);
  }
}

function placeAfter(head: string): Place {
  if (/\r\ntransfer-encoding:[^\r]*\bchunked[ \t]*\r\n/i.test(head)) return "chunk size";
  const length = /\r\ncontent-length:[ \t]*([^\r]*?)[ \t]*\r\n/i.exec(head)?.[1];
  if (length === undefined) return "head";
  if (!/^\d{1,15}$/.test(length)) return "opaque";
  return Number(length) === 0 ? "head" : { left: Number(length), next: "head" };
}

function placeAfterChunkSize(line: string): Place {
  const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
  if (size === undefined) return "opaque";
  const bytes = Number.parseInt(size, 16);
  return bytes === 0 ? "trailer" : { left: bytes + LINE_END.length, next: "chunk size" };
}

function pass(bytes: Buffer, length: number, pieces: Buffer[]): number {
  pieces.push(bytes.subarray(0, length));
  return length;
}
