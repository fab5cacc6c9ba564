import { stripVTControlCharacters } from "node:util";
import { durationText } from "@cjm/core";
import type { InstallEvent, InstallOutcome } from "@cjm/environments";
import type { Colors } from "../terminal/terminal.ts";

interface EntryState {
  readonly name: string;
  readonly startedMs: number | null;
  readonly step: string;
  readonly outcome: InstallOutcome | null;
  readonly endedMs: number | null;
}

/** How far an installation is, from its events: one line for each entry. */
export class InstallProgress {
  readonly #entries: Map<string, EntryState>;
  readonly #now: () => number;

  constructor(names: readonly string[], now: () => number = performance.now.bind(performance)) {
    this.#now = now;
    this.#entries = new Map(names.map((name) => [name, { name, startedMs: null, step: "waiting", outcome: null, endedMs: null }]));
  }

  apply(event: InstallEvent): void {
    const entry = this.#entries.get(event.name);
    if (entry === undefined) return;
    const at = this.#now();
    switch (event.type) {
      case "started":
        this.#entries.set(event.name, { ...entry, startedMs: at, step: `looking at its ${event.kind} environment` });
        break;
      case "step":
        this.#entries.set(event.name, { ...entry, step: event.title });
        break;
      case "finished":
        this.#entries.set(event.name, { ...entry, outcome: event.outcome, endedMs: at });
        break;
      default:
        event satisfies never;
    }
  }

  lines(colors: Colors): readonly string[] {
    const width = Math.max(0, ...[...this.#entries.keys()].map((name) => name.length));
    return [...this.#entries.values()].map((entry) => this.#line(entry, width, colors));
  }

  /** The line of one entry, for where lines cannot change in place. */
  line(name: string, colors: Colors): string {
    const entry = this.#entries.get(name);
    return entry === undefined ? name : this.#line(entry, name.length, colors);
  }

  #line({ name, startedMs, step, outcome, endedMs }: EntryState, width: number, { green, red, dim, cyan }: Colors): string {
    const time = startedMs === null ? "" : dim(` ${durationText((endedMs ?? this.#now()) - startedMs)}`);
    const label = name.padEnd(width);
    if (outcome === null) return `${startedMs === null ? dim("·") : cyan("…")} ${label}  ${dim(step)}${time}`;
    if (outcome.status === "failed") return `${red("✗")} ${label}  ${firstLine(outcome.error.message)}${time}`;
    if (outcome.status === "to-install")
      return `${cyan("+")} ${label}  ${outcome.environment === "build" ? "its environment would be built" : "its manifest would be written"}`;
    const what = outcome.status === "unchanged" ? dim("unchanged") : "installed";
    return `${green("✓")} ${label}  ${what}  ${outcome.capabilityName} ${outcome.version}${time}`;
  }
}

function firstLine(text: string): string {
  return stripVTControlCharacters(text).split("\n", 1)[0] ?? "";
}
