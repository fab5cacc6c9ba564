import { expect, test } from "vitest";
import { StreamSender } from "../../src/capability/stream-sender.ts";

async function* numbers(log: string[]) {
  try {
    for (let n = 0; ; n += 1) yield n;
  } finally {
    log.push("closed");
  }
}

/** Lets everything that can go on without outside help go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("sends no more than the window, then as much as it is given credit for", async () => {
  const lines: string[] = [];
  const log: string[] = [];
  const sender = new StreamSender(3, (line) => lines.push(line));
  const sending = sender.send(numbers(log));
  await settled();
  expect(lines).toEqual(["0\n", "1\n", "2\n"]);
  sender.credit(2);
  await settled();
  expect(lines).toHaveLength(5);
  sender.abandon();
  await sending;
  expect([lines.length, log]).toEqual([5, ["closed"]]);
});

test("escapes what other readers take for the end of a line", async () => {
  const lines: string[] = [];
  async function* one() {
    yield "é\u2028\u{1f600}\u007f";
  }
  await new StreamSender(2, (line) => lines.push(line)).send(one());
  expect(lines).toEqual(['"\\u00e9\\u2028\\ud83d\\ude00\\u007f"\n']);
});

test("an error of the generator is the sender's", async () => {
  async function* broken() {
    yield 1;
    throw new Error("broken");
  }
  await expect(new StreamSender(5, () => undefined).send(broken())).rejects.toThrow("broken");
});
