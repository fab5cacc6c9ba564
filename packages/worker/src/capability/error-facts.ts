import type { CapabilityErrorFacts } from "@cjm/capability";

/** Any thrown value in a form that can be sent to another thread. What it means is decided there. */
export interface ErrorFacts {
  /** Name of its class, or its type when it is no error. */
  readonly name: string;
  /** The built-in class that it is, when that says something about whose fault it was. */
  readonly builtin: "TypeError" | "RangeError" | "SyntaxError" | null;
  readonly message: string;
  readonly stack: string | null;
  /** Of Node, such as `ENOENT`. */
  readonly code: string | null;
  /** Set when an author threw it on purpose. */
  readonly declared: CapabilityErrorFacts | null;
}

/** The brand of `@cjm/capability`. Looked up here, since the capability holds a copy of that package of its own. */
const BRAND = Symbol.for("cjm.capability-error");

export function errorFacts(thrown: unknown): ErrorFacts {
  const isError = thrown instanceof Error;
  return {
    name: isError ? thrown.name : typeof thrown,
    builtin: builtinOf(thrown),
    message: isError ? thrown.message : String(thrown),
    stack: isError ? stackOf(thrown) : null,
    code: codeOf(thrown),
    declared: declaredFacts(thrown),
  };
}

/** Whether the error says that the call stopped because it was told to: the typed one, or what Node throws for an aborted signal. */
export function isCancellation(thrown: unknown, cancelled: boolean): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown.name === "CapabilityCancelledError") return true;
  return cancelled && thrown.name === "AbortError";
}

/** The stack with those of its causes, as Node prints an uncaught error. */
function stackOf(error: Error, depth = 0): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  if (!(error.cause instanceof Error) || depth > 4) return own;
  return `${own}\nCaused by: ${stackOf(error.cause, depth + 1)}`;
}

function builtinOf(thrown: unknown): ErrorFacts["builtin"] {
  if (thrown instanceof TypeError) return "TypeError";
  if (thrown instanceof RangeError) return "RangeError";
  return thrown instanceof SyntaxError ? "SyntaxError" : null;
}

function codeOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return null;
  return typeof thrown.code === "string" ? thrown.code : null;
}

function declaredFacts(thrown: unknown): CapabilityErrorFacts | null {
  if (typeof thrown !== "object" || thrown === null) return null;
  const facts: unknown = Reflect.get(thrown, BRAND);
  return typeof facts === "object" && facts !== null ? (structuredClone(facts) as CapabilityErrorFacts) : null;
}
