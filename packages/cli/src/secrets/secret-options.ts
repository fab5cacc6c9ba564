import { lastValue } from "../arguments/option-values.ts";

/** Scope of a secret; workers get those of the default scope. */
export const SCOPE_OPTION = {
  type: "string",
  requiresArg: true,
  coerce: lastValue,
  describe: "Another scope than the one that workers get their secrets from",
} as const;

export const CAPABILITY_POSITIONAL = { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" } as const;
