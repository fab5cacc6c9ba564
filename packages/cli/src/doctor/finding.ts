/** One thing that was looked at. */
export interface Finding {
  readonly part: "programs" | "gpu" | "data" | "secrets" | "files" | "capabilities" | "hosts" | "leftovers";
  /** `note`: worth knowing, and nothing is wrong. */
  readonly level: "ok" | "note" | "wrong";
  readonly text: string;
  /** What to do, in one line; null: nothing. */
  readonly fix: string | null;
  /** Mends it and says what it did; null: that is for a person to decide. */
  readonly repair: (() => Promise<string>) | null;
}

export function ok(part: Finding["part"], text: string): Finding {
  return { part, level: "ok", text, fix: null, repair: null };
}

export function note(part: Finding["part"], text: string, fix: string | null = null): Finding {
  return { part, level: "note", text, fix, repair: null };
}

export function wrong(part: Finding["part"], text: string, fix: string, repair: Finding["repair"] = null): Finding {
  return { part, level: "wrong", text, fix, repair };
}
