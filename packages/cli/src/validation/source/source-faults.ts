import { type ActionSpec, isInstanceId, isJsonObject } from "@cjm/core";
import type { Introspection } from "@cjm/environments";
import { placeInStack, placeOfImport, placeOfLine, placeOfMember, type SourcePlace, type SourceText } from "./locate.ts";
import type { ProbeOutcome } from "./source-probe.ts";
import type { SourceTarget } from "./source-target.ts";

/** One thing that is wrong with a capability's source, where it is, and the way out. */
export interface SourceFault {
  readonly place: SourcePlace | null;
  readonly message: string;
  readonly hint: string;
}

export interface Verdict {
  readonly faults: readonly SourceFault[];
  /** What a host takes, but its author may not have meant. */
  readonly warnings: readonly SourceFault[];
}

interface Subject {
  readonly target: SourceTarget;
  readonly sources: readonly SourceText[];
  readonly limitMs: number;
}

/** What an author has to correct before a host takes the capability, and what they may want to. */
export function judgeSource(outcome: ProbeOutcome, subject: Subject): Verdict {
  switch (outcome.kind) {
    case "report":
      return { faults: reportFaults(outcome.report, subject), warnings: reportWarnings(outcome.report, subject) };
    case "hang":
      return { faults: [hangFault(outcome.output, subject)], warnings: [] };
    case "ended":
      return {
        faults: [
          {
            place: placeInStack(outcome.output, subject.target.folder, isPython(subject)) ?? endingLine(subject),
            message: `Importing ${subject.target.module} ends the process.`,
            hint: "A module must not call exit while it is imported; a worker would never start.",
          },
        ],
        warnings: [],
      };
    case "failure":
      return { faults: failureFaults(outcome, subject), warnings: [] };
    default:
      return outcome satisfies never;
  }
}

function isPython({ target }: Subject): boolean {
  return target.language === "python";
}

function endingLine({ sources }: Subject): SourcePlace | null {
  return placeOfLine(/\b(process\.exit|sys\.exit|os\._exit)\s*\(/, sources);
}

function hangFault(output: string, { target, limitMs, sources }: Subject): SourceFault {
  const place =
    placeInStack(output, target.folder, target.language === "python") ?? placeOfLine(/^\s*(?:await\b|\S.*=\s*await\b)/, sources);
  return {
    place,
    message: `Importing ${target.module} did not end within ${limitMs / 1000} s.`,
    hint: "Do slow work in initialize or prefetch, which hosts wait for; while it is imported, a worker answers nobody. --timeout gives it longer here.",
  };
}

function failureFaults({ failure, output }: Extract<ProbeOutcome, { kind: "failure" }>, subject: Subject): readonly SourceFault[] {
  const { target, sources } = subject;
  const { message, hint, mistakes } = failure;
  if (mistakes.length > 0) {
    return mistakes.map((mistake) => ({
      place: placeOfMember(mistake.member, sources),
      message: mistake.message,
      hint: mistake.hint,
    }));
  }
  const stack = withoutCommand(output);
  const place = placeOfImport(message, sources) ?? placeInStack(stack, target.folder, isPython(subject)) ?? classPlace(message, subject);
  return [{ place, message: withoutFolder(message, target.folder), hint: importHint(message, target) ?? ownHint(hint) }];
}

const STACK_HINT = "--debug shows everything that it printed.";

function importHint(message: string, { language }: SourceTarget): string | null {
  const missing =
    /Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(message)?.[1] ?? /No module named '([^'.]+)/.exec(message)?.[1] ?? null;
  if (missing !== null) {
    return language === "node"
      ? `Name ${missing} in the dependencies of package.json and run 'npm install' in the folder, or install the capability: what is in its environment is found from then on.`
      : `Name ${missing} in the package's dependencies, and validate with a Python that has it (--python), or install the capability: its Python is taken from then on.`;
  }
  if (/Cannot find module '/.test(message)) return "Check the path of the import; it needs the file's extension.";
  if (/does not provide an export named/.test(message)) return "Check the name, and write `import type` for what is only a type.";
  if (/strip-only mode/.test(message)) return "Types are only stripped when a capability is loaded: use a union or a const object instead.";
  return null;
}

/** Hints that lead to where an installation would have its output lead nowhere here. */
function ownHint(hint: string | null | undefined): string {
  return hint == null || /install log|error output/.test(hint) ? STACK_HINT : hint;
}

/** A class that is there but not as it should be, for what is said of the module as a whole. */
function classPlace(message: string, { target, sources }: Subject): SourcePlace | null {
  if (!/capabilit|class|new \w+\(\)|\w+\(\) failed/.test(message)) return entryPlace(target, sources);
  const named = /new (\w+)\(\)|^(\w+)\(\) failed/.exec(message);
  const name = named?.[1] ?? named?.[2];
  return (
    (name === undefined ? null : placeOfMember(name, sources)) ??
    placeOfLine(/\bclass\s+\w+(?:\s+extends\s+ToolCapability|\(.*ToolCapability)/, sources) ??
    placeOfLine(/\bclass\s+\w+/, sources) ??
    entryPlace(target, sources)
  );
}

function entryPlace({ language, module, folder }: SourceTarget, sources: readonly SourceText[]): SourcePlace | null {
  const end = language === "python" ? `${module.replaceAll(".", "/")}.py` : module.replace(/^\.\//, "");
  const entry = sources.find(({ path }) => path.endsWith(end)) ?? (language === "node" ? sources[0] : undefined);
  return entry === undefined ? { file: folder, line: null } : { file: entry.path, line: 1 };
}

function reportFaults(report: Introspection, subject: Subject): readonly SourceFault[] {
  const faults: SourceFault[] = [];
  if (!isInstanceId(report.name)) {
    faults.push({
      place: placeOfLine(/\b(?:capabilityName|name)"?\s*[:=]/, subject.sources) ?? placeOfMember(report.class, subject.sources),
      message: `The name '${report.name}' cannot be that of a capability.`,
      hint: "Use 1 to 64 letters, digits, - and _: in package.json or pyproject.toml, or as capabilityName (TypeScript) or name (Python) of the class.",
    });
  }
  for (const action of report.actions ?? []) {
    if (action.description.trim() !== "") continue;
    const member = isPython(subject) ? `${report.class}.${action.name}` : `${report.class}.actions.${action.name}`;
    faults.push({
      place: placeOfMember(member, subject.sources),
      message: `${member} has no description.`,
      hint: isPython(subject)
        ? 'Write @capability_action(description="...") or a docstring: one sentence on what it does.'
        : "Say in one sentence what the action does.",
    });
  }
  return faults;
}

function reportWarnings(report: Introspection, subject: Subject): readonly SourceFault[] {
  const actions = report.actions ?? [];
  if (actions.length === 0 && !placeOfLine(/\bexecute\s*\(/, subject.sources)) {
    return [
      {
        place: placeOfMember(report.class, subject.sources),
        message: `${report.class} has no actions.`,
        hint: isPython(subject) ? "Mark methods with @capability_action(...)." : "Write `readonly actions = { name: action({ ... }) };`.",
      },
    ];
  }
  if (!isPython(subject)) return [];
  return actions.flatMap((action) =>
    untyped(action).map((argument) => ({
      place: placeOfMember(`${report.class}.${action.name}`, subject.sources),
      message: `${report.class}.${action.name} takes anything for '${argument}', since it has no type hint.`,
      hint: `Write one, such as ${argument}: str.`,
    })),
  );
}

function untyped(action: ActionSpec): readonly string[] {
  const properties = action.input_schema?.["properties"];
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, schema]) =>
    isJsonObject(schema) && Object.keys(schema).every((key) => key === "default") ? [name] : [],
  );
}

/** The first line is the command itself, whose arguments look like places. */
function withoutCommand(output: string): string {
  return output.replace(/^\$ .*\n/, "");
}

function withoutFolder(message: string, folder: string): string {
  return message.replaceAll(`${folder}/`, "").replace(/ imported from \S+$/, "");
}
