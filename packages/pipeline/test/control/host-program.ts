import { openHost } from "./control-kit.ts";

/** A host with nothing but its door, in a process of its own; SIGTERM ends it. */
const host = await openHost(process.argv[2] ?? "");
const stay = setInterval(() => {}, 60_000);
process.once("SIGTERM", () => {
  clearInterval(stay);
  void host[Symbol.asyncDispose]();
});
console.log("open");
