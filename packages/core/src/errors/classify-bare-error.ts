import { isCjmError } from "./cjm-error.ts";
import type { ErrorCategory } from "./job-error.ts";
import { systemErrorCode } from "./system-error-code.ts";

/** Category of an error that no author typed, by what Node says of it. The original's table for Python is the model. */
export function classifyBareError(thrown: unknown): ErrorCategory {
  if (isCjmError(thrown)) return thrown.category;
  const code = systemErrorCode(thrown);
  if (code !== null) {
    if (USER_ERRNO.has(code)) return "user_input";
    if (code === "ENOMEM" || code === "ERR_MEMORY_ALLOCATION_FAILED") return "resource";
    if (/^E[A-Z0-9]+$/.test(code) && !code.startsWith("ERR_")) return "transient";
  }
  if (thrown instanceof TypeError || thrown instanceof SyntaxError) return "user_input";
  if (thrown instanceof RangeError)
    return /allocation|array buffer|invalid string length/i.test(thrown.message) ? "resource" : "user_input";
  return "fatal";
}

const USER_ERRNO = new Set(["ENOENT", "ENOTDIR", "EISDIR", "EACCES", "EPERM"]);
