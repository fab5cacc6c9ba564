import { z } from "@cjm/capability";

export const SectionSchema = z.object({
  /** Unique within its document: `s1`, `s2`, ... */
  id: z.string(),
  /** 1 to 6; 0 for text before the first heading. */
  level: z.int(),
  title: z.string(),
  text: z.string(),
  /** From 1; null where the format has no lines that mean anything. */
  startLine: z.int().nullable(),
});
export type Section = z.infer<typeof SectionSchema>;

export const LinkSchema = z.object({
  text: z.string(),
  target: z.string(),
  kind: z.enum(["external", "relative", "anchor", "email"]),
});
export type Link = z.infer<typeof LinkSchema>;

export const CodeBlockSchema = z.object({ language: z.string().nullable(), text: z.string() });
export type CodeBlock = z.infer<typeof CodeBlockSchema>;

/** What a parser makes of a text, whatever its format. */
export interface ParsedText {
  readonly title: string | null;
  readonly sections: readonly Section[];
  readonly links: readonly Link[];
  readonly codeBlocks: readonly CodeBlock[];
  /** Without markup and code: what a person reads. */
  readonly text: string;
}

export const DocumentSchema = z.object({
  path: z.string(),
  kind: z.enum(["markdown", "html", "text"]),
  title: z.string(),
  /** Of the file's bytes. */
  contentHash: z.string(),
  bytes: z.int(),
  /** As the Encoding Standard names it: `utf-8`, `utf-16le`, `windows-1252`, ... */
  encoding: z.string(),
  /** What a reader should know: an empty file, a guessed encoding. */
  warnings: z.array(z.string()),
  sections: z.array(SectionSchema),
  links: z.array(LinkSchema),
  codeBlocks: z.array(CodeBlockSchema),
  /** Web addresses under which the same document is read; links to them lead here. */
  addresses: z.array(z.string()),
  text: z.string(),
});
export type Document = z.infer<typeof DocumentSchema>;
