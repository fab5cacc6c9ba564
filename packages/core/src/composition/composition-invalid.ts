import { CjmError } from "../errors/cjm-error.ts";
import { fieldName } from "../internal/zod-issues.ts";
import type { CompositionFault } from "./compiled-value.ts";

/** The error for a composition, or its input, with every fault in its message and in `details.faults`. */
export function compositionInvalid(name: string, faults: readonly CompositionFault[]): CjmError {
  const lines = faults.map(({ field, message }) => (field.length === 0 ? message : `${fieldName(field)}: ${message}`));
  const [only] = lines;
  return new CjmError(
    "CJM_COMPOSITION_INVALID",
    lines.length === 1 && only !== undefined
      ? `${name} is not valid: ${only}`
      : `${name} is not valid, ${lines.length} faults:\n${lines.map((line) => `  - ${line}`).join("\n")}`,
    { details: { faults } },
  );
}
