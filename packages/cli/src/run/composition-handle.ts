import type { SubmittedComposition } from "@cjm/pipeline";

/** A composition that runs, as the pipeline hands it out. */
export type CompositionHandle = SubmittedComposition["handle"];

/** How it stands, or how it ended. */
export type CompositionOutcome = ReturnType<CompositionHandle["outcome"]>;

export type NodeSummary = CompositionOutcome["nodes"][number];
