import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completeLines } from "@cjm/testing/complete-lines";

/** What a recorded worker answers. The body goes as JSON, `text` as plain text. */
export interface Answer {
  /** @default 200 */
  readonly status?: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** It comes when this gate is open. */
  readonly gate?: string;
  /** Of a call: it holds until this gate is open; then the call gets its arguments back. */
  readonly until?: string;
  /** The worker ends with this code instead. */
  readonly exit?: number;
  /** Of the start: a SIGTERM is heeded when this gate is open. */
  readonly termGate?: string;
}

/** Answers by path, and with `start` how the worker begins. */
export type Answers = Readonly<Record<string, Answer>>;

/** One line of what workers wrote down. */
export interface Note {
  readonly capability: string;
  readonly session: string;
  readonly pid: number;
  /** `abandoned`: whoever asked went away before the answer. */
  readonly what: "spawned" | "asked" | "answered" | "abandoned" | "disconnected" | "told to end";
  readonly path?: string;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Number of the connection among those of its worker. */
  readonly connection?: number;
}

/** Where a test and its recorded workers meet: notes, answers, and gates that the test opens. */
export class RecordFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(join(path, "answers"), { recursive: true });
    mkdirSync(join(path, "gates"), { recursive: true });
  }

  append(note: object): void {
    appendFileSync(join(this.path, "notes.jsonl"), `${JSON.stringify(note)}\n`);
  }

  notes(): readonly Note[] {
    return completeLines(join(this.path, "notes.jsonl")).map((line) => JSON.parse(line) as Note);
  }

  /** Replaces what workers of a capability answer from now on. */
  setAnswers(capability: string, answers: Answers): void {
    const file = join(this.path, "answers", `${capability}.json`);
    writeFileSync(`${file}.part`, JSON.stringify(answers));
    renameSync(`${file}.part`, file);
  }

  answersOf(capability: string): Answers {
    const file = join(this.path, "answers", `${capability}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Answers) : {};
  }

  open(gate: string): void {
    writeFileSync(join(this.path, "gates", gate), "");
  }

  isOpen(gate: string): boolean {
    return existsSync(join(this.path, "gates", gate));
  }

  /** Resolves when the gate is open, or there is no more need to wait. */
  async passed(gate: string, needless: () => boolean = () => false): Promise<void> {
    while (!this.isOpen(gate) && !needless()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
