import { CjmError } from "../errors/cjm-error.ts";
import { fieldName } from "../internal/zod-issues.ts";
import type { CompositionFault } from "./compiled-value.ts";

/** The error for a composition, or its input, with its faults in its message (of very many the first) and all in `details.faults`. */
export function compositionInvalid(name: string, faults: readonly CompositionFault[]): CjmError {
  const lines = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ field, message }) => (field.length === 0 ? message : `${fieldName(field)}: ${message}`));
  const [only] = lines;
  const hidden = faults.length - lines.length;
  const rest = hidden > 0 ? `\n  ... and ${hidden} more` : "";
  return new CjmError(
    "CJM_COMPOSITION_INVALID",
    lines.length === 1 && only !== undefined
      ? `${name} is not valid: ${only}`
      : `${name} is not valid, ${faults.length} faults:\n${lines.map((line) => `  - ${line}`).join("\n")}${rest}`,
    { details: { faults } },
  );
}

const SHOWN_FAULTS = 100;
