import { readFileSync } from "node:fs";

interface GoldenDirectories {
  readonly stems: readonly { readonly input: string; readonly stem: string }[];
  readonly directories: readonly {
    readonly mode: "content" | "identifier";
    readonly action: string;
    readonly input: string;
    /** Null where the input is an identifier. */
    readonly content: string | null;
    /** JSON text. */
    readonly config: string;
    /** Relative to the data directory. */
    readonly directory: string;
  }[];
}

/** What the original answers; the host is held to the same file. */
export const golden = JSON.parse(
  readFileSync(new URL("../../../core/test/cache/fixtures/cache-directories.json", import.meta.url), "utf8"),
) as GoldenDirectories;
