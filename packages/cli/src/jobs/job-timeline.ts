import { durationText, isJsonObject, type JsonObject, type JsonValue, parseTimestamp, type StoredJournalEvent } from "@cjm/core";

/** Something that happened to a job. */
export interface TimelineStep {
  /** Unix milliseconds. */
  readonly at: number;
  readonly event: string;
  /** For people. */
  readonly text: string;
}

interface JobFacts {
  /** Unix milliseconds; null: nobody knows. */
  readonly submittedAt: number | null;
}

/** The rows of one job, in order, as steps that a person can follow. */
export function jobTimeline(rows: readonly StoredJournalEvent[], { submittedAt }: JobFacts): readonly TimelineStep[] {
  const submitted = submittedAt ?? submittedAtOf(rows);
  const steps: TimelineStep[] = submitted === null ? [] : [{ at: submitted, event: "submitted", text: "submitted" }];
  let waitsSince = submitted;
  let startedAt: number | null = null;
  for (const { occurredAt: at, eventType: event, payload, workerReported } of rows) {
    const text =
      workerReported === true ? `its worker reported ${factsText(payload)}` : textOf(event, payload, { at, waitsSince, startedAt });
    if (text !== null) steps.push({ at, event, text });
    if (event === "state_transition" && payload["to"] === "running") startedAt = at;
    if (event === "job_interrupted") {
      waitsSince = at;
      startedAt = null;
    }
  }
  return steps;
}

interface At {
  readonly at: number;
  readonly waitsSince: number | null;
  readonly startedAt: number | null;
}

/** Null: it tells a person nothing that another row does not. */
function textOf(event: string, payload: JsonObject, { at, waitsSince, startedAt }: At): string | null {
  switch (event) {
    case "block_reason_changed":
      return payload["to"] === null ? "resources hold it up no longer" : `waits: ${wordOf(payload["to"])}`;
    case "admission_decided":
      return `admitted${waitsSince === null ? "" : ` after ${durationText(Math.max(0, at - waitsSince))} of waiting`}: ${admissionText(payload)}`;
    case "state_transition":
      return transitionText(payload, at, startedAt);
    case "retry_started":
      return `try ${Number(payload["attempt"] ?? 0) + 1}, after ${wordOf(payload["exception_repr"], "a failure")}`;
    case "cancel_phase_changed":
      return cancelText(payload);
    case "job_interrupted":
      return `its host had died while it ran${Number(payload["interruptions"] ?? 1) > 1 ? `, for the ${wordOf(payload["interruptions"])}. time` : ""}; another took it over`;
    case "composition_advanced": {
      const next = payload["enqueued_nodes"];
      return Array.isArray(next) && next.length > 0 ? `let ${next.join(", ")} begin` : null;
    }
    default:
      return `${event.replaceAll("_", " ")}${Object.keys(payload).length === 0 ? "" : `: ${factsText(payload)}`}`;
  }
}

function admissionText(payload: JsonObject): string {
  const gpuMb = Number(payload["gpu_reserved_mb"] ?? 0);
  const others = Math.max(0, Number(payload["lanes_in_use"] ?? 1) - 1);
  return [
    ...(payload["exclusive"] === true
      ? ["alone, to be measured"]
      : [`${others === 0 ? "no other job ran" : `beside ${others} ${others === 1 ? "other" : "others"}`}`]),
    ...(gpuMb > 0 ? [`${Math.round(gpuMb)} MB of GPU memory reserved`] : []),
    ...(payload["stats_available"] === false ? ["without figures of the machine"] : []),
  ].join(", ");
}

function transitionText(payload: JsonObject, at: number, startedAt: number | null): string {
  const to = wordOf(payload["to"]);
  if (to === "running") return "started";
  const took = startedAt === null ? "" : ` after ${durationText(Math.max(0, at - startedAt))}`;
  const snapshot = payload["job_snapshot"];
  const error = isJsonObject(snapshot) ? snapshot["error"] : null;
  const [message = ""] = isJsonObject(error) ? wordOf(error["message"]).split("\n") : [];
  return `${to === "cancelled" ? "was cancelled" : to}${took}${message === "" ? "" : `: ${message}`}`;
}

function cancelText(payload: JsonObject): string {
  switch (payload["to"]) {
    case "cooperative":
      return "cancellation: the capability was asked to stop";
    case "force":
      return "cancellation: it did not stop, so the call was given up";
    case "reloading":
      return "cancellation: its worker is being restarted";
    default:
      return `cancellation: ${wordOf(payload["to"])}`;
  }
}

function factsText(payload: JsonObject): string {
  const text = Object.entries(payload)
    .map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}

function submittedAtOf(rows: readonly StoredJournalEvent[]): number | null {
  const snapshot = rows.map(({ payload }) => payload["job_snapshot"]).findLast((value) => isJsonObject(value));
  const text = isJsonObject(snapshot) ? snapshot["submitted_at"] : null;
  return typeof text === "string" ? parseTimestamp(text) : null;
}

function wordOf(value: JsonValue | undefined, fallback = ""): string {
  if (value === undefined || value === null) return fallback;
  return typeof value === "string" ? value : JSON.stringify(value);
}
