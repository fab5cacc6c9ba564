import type { JsonValue } from "@cjm/core";

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a job of that id completes with; every seventh is large. */
export function resultOf(jobId: string): JsonValue {
  const number = Number(jobId.split("-")[1]);
  return { jobId, text: "x".repeat(number % 7 === 0 ? 5000 : number % 300) };
}
