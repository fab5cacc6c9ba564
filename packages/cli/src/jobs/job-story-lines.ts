import { durationText } from "@cjm/core";
import { sizeText } from "../install/size-text.ts";
import { localTime } from "../logs/log-lines.ts";
import type { Colors } from "../terminal/terminal.ts";
import type { JobStory } from "./job-story.ts";

const SHOWN_RESULT_CHARACTERS = 2000;

/** The story of a job: what it was, what happened when, what came of it, what its worker said last. */
export function jobStoryLines(story: JobStory, colors: Colors): readonly string[] {
  const { bold, dim } = colors;
  const { jobId, instanceId, call, status, compositionId, nodeId, runId, actor, timeline } = story;
  const [first] = timeline;
  const facts: readonly (readonly [string, string | null])[] = [
    ["calls", instanceId === null ? null : `${instanceId}${call === null ? "" : ` ${call}`}`],
    ["submitted", first === undefined ? null : `${localTime(first.at)}${actor === null ? "" : ` by ${actor}`}`],
    ["part of", compositionId === null ? null : `node ${nodeId ?? "?"} of composition ${compositionId}`],
    ["run", runId],
    ["peaks", profileText(story)],
  ];
  const offsets = timeline.map(({ at }) => `+${durationText(Math.max(0, at - (first?.at ?? at)))}`);
  const width = Math.max(0, ...offsets.map((text) => text.length));
  return [
    `${bold(`job ${jobId}`)} ${statusText(status, colors)}`,
    ...facts.flatMap(([name, text]) => (text === null ? [] : [`  ${dim(name.padEnd(9))} ${text}`])),
    "",
    ...timeline.map(({ text }, index) => `  ${dim((offsets[index] ?? "").padStart(width))}  ${text}`),
    ...endLines(story, colors),
  ];
}

function endLines({ status, result, error, output, compositionId }: JobStory, { bold, red }: Colors): readonly string[] {
  const showsOutput = output.length > 0 && status !== "completed";
  const out = showsOutput ? ["", bold("what its worker said last"), ...output.map((line) => line.replaceAll(/^/gm, "  "))] : [];
  if (error !== null) return ["", `${bold("error")} ${red(error.category)} ${error.message.replaceAll("\n", "\n  ")}`, ...out];
  if (status !== "completed" || result === null) return out;
  const text = typeof result === "string" ? result : JSON.stringify(result, null, 2);
  if (text.length > SHOWN_RESULT_CHARACTERS) return ["", `${bold("result")} ${text.length} characters; --json prints them`];
  return ["", bold(compositionId === null ? "result" : "result, for the nodes after it"), text.replaceAll(/^/gm, "  ")];
}

function profileText({ profile }: JobStory): string | null {
  if (profile === null || profile.sampleCount === 0) return null;
  const { memoryPeakMaxMb, gpuMemoryPeakMaxMb, durationMeanMs, sampleCount } = profile;
  const gpu = gpuMemoryPeakMaxMb > 0 ? `, ${mb(gpuMemoryPeakMaxMb)} of GPU memory` : "";
  return `${mb(memoryPeakMaxMb)} of memory${gpu}, ${durationText(durationMeanMs)} on average, over ${sampleCount} ${sampleCount === 1 ? "run" : "runs"} of the instance`;
}

/** Also for a status of a composition. */
export function statusText(status: string, { green, red, yellow, cyan, dim }: Colors): string {
  const paint = new Map([
    ["completed", green],
    ["failed", red],
    ["cancelled", yellow],
    ["partial", yellow],
    ["running", cyan],
  ]).get(status);
  return (paint ?? dim)(status);
}

function mb(value: number): string {
  return sizeText(value * 1024 * 1024);
}
