import { action, ToolCapability, z } from "@cjm/capability";
import { DocumentSchema } from "./document.ts";
import { findDocuments } from "./find-documents.ts";
import { parseDocument } from "./parse-document.ts";

const Config = z.object({
  maxBytes: z
    .int()
    .min(1)
    .default(16 * 1024 * 1024)
    .describe("Largest file that is parsed, in bytes"),
});

/** Finds and parses Markdown, HTML and plain text. */
export class Documents extends ToolCapability<typeof Config> {
  static override readonly capabilityName = "cjm-capability-documents";
  static override readonly config = Config;

  readonly actions = {
    find: action({
      description: "Finds documents below a folder, in the order of their paths.",
      input: z.object({
        folder: z.string().describe("Folder to search; links in it are not followed"),
        names: z.array(z.string().min(1)).default([]).describe("Globs over file names, such as readme*; none means every name"),
        hidden: z.boolean().default(false).describe("Whether folders whose names begin with a dot are searched too"),
        extensions: z.array(z.string()).default(["md", "markdown", "html", "htm", "txt"]),
      }),
      output: z.object({
        folder: z.string(),
        documents: z.array(z.object({ path: z.string(), relativePath: z.string(), bytes: z.int() })),
        skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
        counts: z.object({ folders: z.int(), files: z.int(), links: z.int(), documents: z.int() }),
      }),
      idempotent: true,
      run: (request, ctx) => findDocuments(request, ctx),
    }),
    parse: action({
      description: "Parses one file into title, sections, links, code blocks and plain text.",
      input: z.object({ path: z.string() }),
      output: DocumentSchema,
      idempotent: true,
      cache: "files",
      run: ({ path }) => parseDocument(path, this.config.maxBytes),
    }),
  };
}
