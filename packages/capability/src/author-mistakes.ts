import type * as z from "zod";
import type { AuthoringMistake } from "./capability-port.ts";
import { releaseHookName, triggersOf } from "./reload-triggers.ts";

/** The name that every capability's own action has. */
export const DESCRIBE_ACTION = "describe";

interface ClassToCheck {
  readonly className: string;
  readonly config: unknown;
  readonly workerEnv: unknown;
  readonly actions: unknown;
  /** Whether its instances have a method of that name. */
  readonly hasMethod: (name: string) => boolean;
}

/** Everything wrong with what a class declares, so that an author sees all of it at once. Trusts nothing of it. */
export function authoringMistakes(subject: ClassToCheck): readonly AuthoringMistake[] {
  return [
    ...configMistakes(subject),
    ...workerEnvMistakes(subject),
    ...(isRecord(subject.actions)
      ? Object.entries(subject.actions).flatMap(([name, value]) => actionMistakes(subject.className, name, value))
      : [
          mistake(
            `${subject.className}.actions`,
            "is no object of actions",
            "Write `readonly actions = { name: action({ description, input, output, run }) };`.",
          ),
        ]),
  ];
}

function configMistakes({ className, config, hasMethod }: ClassToCheck): readonly AuthoringMistake[] {
  if (isZodObject(config)) {
    const orphaned = [...triggersOf(config as z.ZodObject)].filter(([, trigger]) => !hasMethod(releaseHookName(trigger)));
    return orphaned.map(([field, trigger]) =>
      mistake(
        `${className}.config.${field}`,
        `has the reload trigger ${JSON.stringify(trigger)}, and there is no method for it`,
        `Write \`${releaseHookName(trigger)}(oldConfig, newConfig, ctx)\`, which gives back what the old value loaded.`,
      ),
    );
  }
  return [
    mistake(`${className}.config`, "is no zod object", "Write `static override readonly config = z.object({ ... });`, or leave it out."),
  ];
}

function workerEnvMistakes({ className, workerEnv }: ClassToCheck): readonly AuthoringMistake[] {
  const hint = 'Write `static override readonly workerEnv = [{ name: "API_KEY", secret: true }];`, or leave it out.';
  if (!Array.isArray(workerEnv)) return [mistake(`${className}.workerEnv`, "is no array", hint)];
  return workerEnv.flatMap((entry: unknown, index) => {
    const member = `${className}.workerEnv[${index}]`;
    if (!isRecord(entry) || typeof entry["name"] !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(entry["name"])) {
      return [mistake(`${member}.name`, "is no name of an environment variable", hint)];
    }
    if (entry["secret"] === true && entry["default"] !== undefined) {
      return [
        mistake(
          `${member}.default`,
          "is set although the variable is secret",
          "Leave it out: a secret comes from the host's secret store.",
        ),
      ];
    }
    return [];
  });
}

const CACHE_POLICIES: readonly unknown[] = ["pure", "files", "never"];

function actionMistakes(className: string, name: string, value: unknown): readonly AuthoringMistake[] {
  const member = `${className}.actions.${name}`;
  const found: AuthoringMistake[] = [];
  if (name === DESCRIBE_ACTION) {
    found.push(mistake(member, "has the name of the action that every capability has already", "Give it another name."));
  } else if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
    found.push(mistake(member, "has a name that cannot be typed in a shell", "Begin with a letter and use letters, digits, _ and -."));
  }
  if (!isRecord(value)) {
    return [...found, mistake(member, "is no action", "Write `action({ description, input, output, run })`.")];
  }
  if (typeof value["run"] !== "function") {
    found.push(mistake(`${member}.run`, "is no function", "Write `run: (input, ctx) => result`."));
  }
  if (typeof value["description"] !== "string" || value["description"].trim() === "") {
    found.push(mistake(`${member}.description`, "is empty", "Say in one sentence what the action does."));
  }
  if (!isZodObject(value["input"])) {
    found.push(mistake(`${member}.input`, "is no zod object", "Write `input: z.object({ ... })`; arguments are always named."));
  }
  if (!isZodSchema(value["output"])) {
    found.push(mistake(`${member}.output`, "is no zod schema", "Write `output: z.object({ ... })` or another schema of zod 4."));
  }
  if (value["cache"] !== undefined && !CACHE_POLICIES.includes(value["cache"])) {
    found.push(mistake(`${member}.cache`, `is ${JSON.stringify(value["cache"])}`, 'Write "pure", "files" or "never".'));
  }
  return found;
}

function mistake(member: string, problem: string, hint: string): AuthoringMistake {
  return { member, message: `${member} ${problem}.`, hint };
}

function isZodObject(value: unknown): boolean {
  return isZodSchema(value) && isRecord(value) && isRecord(value["def"]) && value["def"]["type"] === "object";
}

function isZodSchema(value: unknown): boolean {
  return isRecord(value) && typeof value["safeParseAsync"] === "function" && typeof value["toJSONSchema"] === "function";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
