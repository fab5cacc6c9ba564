import { z } from "@cjm/capability";

/** What `add` needs of a parsed document; further fields are passed over. */
export const DocumentInputSchema = z.object({
  path: z.string().min(1),
  title: z.string(),
  kind: z.string(),
  contentHash: z.string(),
  bytes: z.int(),
  encoding: z.string().default("utf-8"),
  warnings: z.array(z.string()).default([]),
  sections: z.array(z.object({ id: z.string(), level: z.int(), title: z.string(), text: z.string() })),
  links: z.array(z.object({ target: z.string(), kind: z.string() })),
  /** Web addresses of the same document. */
  addresses: z.array(z.string()).default([]),
});
export type DocumentInput = z.infer<typeof DocumentInputSchema>;

/** What `add` needs of an analysis. */
export const AnalysisInputSchema = z.object({
  language: z.object({ code: z.string() }),
  words: z.object({ count: z.int() }),
  sentences: z.object({ count: z.int() }),
  terms: z.array(z.object({ term: z.string(), count: z.int(), score: z.number() })),
  readability: z.object({ fleschReadingEase: z.number().nullish() }),
});
export type AnalysisInput = z.infer<typeof AnalysisInputSchema>;
