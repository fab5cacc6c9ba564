import { classifyBareError, formatTimestamp, type JobError } from "@cjm/core/plain";
import type { ErrorFacts } from "../capability/error-facts.ts";

/** The record of an error as it goes over the wire, all keys in the contract's order. */
export function jobErrorOf(facts: ErrorFacts, capabilityName: string | null, atMs: number): JobError {
  const category = facts.declared?.category ?? categoryOf(facts);
  return {
    category,
    message: facts.message,
    retriable: facts.declared?.retriable ?? category !== "fatal",
    original_exc_repr: `${facts.name}('${facts.message}')`,
    traceback: facts.stack,
    retry_after_seconds: facts.declared?.retryAfterSeconds ?? null,
    fields_invalid: category === "user_input" ? [...(facts.declared?.fieldsInvalid ?? [])] : null,
    resource_shortfall: facts.declared?.resourceShortfall ?? null,
    capability_name: capabilityName,
    capability_instance_id: null,
    occurred_at: formatTimestamp(atMs),
  };
}

const BUILTINS = { TypeError, RangeError, SyntaxError };

/** What Node says of it. */
function categoryOf(facts: ErrorFacts): JobError["category"] {
  const standIn = facts.builtin === null ? new Error(facts.message) : new BUILTINS[facts.builtin](facts.message);
  return classifyBareError(facts.code === null ? standIn : Object.assign(standIn, { code: facts.code }));
}
