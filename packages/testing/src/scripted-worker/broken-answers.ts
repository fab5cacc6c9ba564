import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/** Answers that no worker may give, as they go over the socket. Those that leave it open do so to be as awkward as they can. */
const BROKEN_ANSWERS = {
  garbage: (socket) => void socket.write("I do not speak HTTP, and this is not the end of it.\r\n\r\n"),
  nothing: (socket) => void socket.end(),
  half_a_body: (socket) => void socket.end(`${JSON_HEAD}content-length: 1000\r\n\r\n{"half": "of it`),
  half_a_chunk: (socket) => void socket.end(`${JSON_HEAD}transfer-encoding: chunked\r\n\r\n100\r\n{"half": `),
  plain_text_500: (socket) =>
    void socket.write("HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: 21\r\n\r\nInternal Server Error"),
  too_short_a_length: (socket) => void socket.write(`${JSON_HEAD}content-length: 5\r\n\r\n{"value": "longer than it said"}`),
  two_lengths: (socket) => void socket.write(`${JSON_HEAD}content-length: 4\r\ncontent-length: 6\r\n\r\nnull  `),
  no_json: (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"),
  empty_200: (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
  endless_header: (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nx-endless: ");
    const more = (): void => {
      while (!socket.destroyed && socket.write("x".repeat(64 * 1024)));
    };
    socket.on("drain", more);
    more();
  },
  endless_headers: (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    let count = 0;
    const more = (): void => {
      while (!socket.destroyed && socket.write(`x-header-${count++}: ${"x".repeat(1024)}\r\n`));
    };
    socket.on("drain", more);
    more();
  },
} as const satisfies Record<string, (socket: Socket) => void>;

type BrokenAnswer = keyof typeof BROKEN_ANSWERS;

export function isBrokenAnswer(action: unknown): action is BrokenAnswer {
  return typeof action === "string" && Object.hasOwn(BROKEN_ANSWERS, action);
}

/** Goes past Node's HTTP server, which would not let any of this out. */
export function writeBrokenAnswer(action: BrokenAnswer, response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  socket.on("error", () => {});
  BROKEN_ANSWERS[action](socket);
}
