import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { StepRunner } from "../build/step-runner.ts";
import { CLEAN_PYTHON } from "./python-interpreter.ts";

const SCRIPT = fileURLToPath(new URL("../../python/list_distributions.py", import.meta.url));

const ListingSchema = z.looseObject({
  distributions: z.array(z.object({ name: z.string(), version: z.string(), files: z.string(), installer: z.string() })),
});

export interface Distributions {
  /** The same for the same packages wherever they came from and whoever put them in: names, versions, hashes, Python. */
  readonly identity: unknown;
  /** What pip put in. */
  readonly ofPip: readonly { readonly name: string; readonly version: string }[];
}

/** What is installed in a Python environment. */
export async function listDistributions(python: string, steps: StepRunner): Promise<Distributions> {
  const listed = await steps.run({ title: "list packages", argv: [python, "-I", SCRIPT], env: CLEAN_PYTHON });
  const { distributions, ...rest } = ListingSchema.parse(JSON.parse(listed));
  return {
    identity: { ...rest, distributions: distributions.map(({ installer: _installer, ...distribution }) => distribution) },
    ofPip: distributions.filter(({ installer }) => installer === "pip").map(({ name, version }) => ({ name, version })),
  };
}
