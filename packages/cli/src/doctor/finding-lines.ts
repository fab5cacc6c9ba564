import type { Colors } from "../terminal/terminal.ts";
import type { Finding } from "./finding.ts";

/** A finding after it was mended, or could not be. */
export interface Treated extends Finding {
  /** What was done about it; null: nothing. */
  readonly repaired: string | null;
}

/** One line for each finding, its way out below, and at the end how it stands. */
export function findingLines(findings: readonly Treated[], colors: Colors): readonly string[] {
  const { dim, bold } = colors;
  const left = findings.filter(({ level, repaired }) => level === "wrong" && repaired === null);
  const mendable = left.filter(({ repair }) => repair !== null).length;
  return [
    ...findings.flatMap((finding) => [
      `${markOf(finding, colors)} ${finding.text}`,
      ...(finding.repaired !== null
        ? [`    ${dim("repaired:")} ${finding.repaired}`]
        : finding.fix === null
          ? []
          : [`    ${dim("fix:")} ${finding.fix}`]),
    ]),
    "",
    left.length === 0
      ? bold("Everything is in order.")
      : `${bold(`${left.length} ${left.length === 1 ? "thing is" : "things are"} wrong.`)}${mendable === 0 ? "" : ` 'cjm-ctl doctor --repair' mends ${mendable === left.length ? "that" : `${mendable} of them`}.`}`,
  ];
}

function markOf({ level, repaired }: Treated, { green, red, dim }: Colors): string {
  if (repaired !== null) return green("✓");
  return { ok: green("✓"), note: dim("·"), wrong: red("✗") }[level];
}
