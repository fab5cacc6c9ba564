import { z } from "@cjm/capability";
import type { ReportFailure } from "./report/render-report.ts";

/** Failed items as a composition lists them; the item of a failed step holds the document somewhere. */
export const FailureInputSchema = z.looseObject({
  item: z.unknown(),
  error: z.looseObject({ message: z.string() }),
});

/** Which document an item was about, whatever step it failed in. */
export function failureOf(step: string, failure: z.infer<typeof FailureInputSchema>): ReportFailure {
  const item = typeof failure.item === "object" && failure.item !== null ? (failure.item as Record<string, unknown>) : {};
  const path = item["relativePath"] ?? item["path"];
  return { step, path: typeof path === "string" ? path : "?", message: failure.error.message };
}
