import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { type ActionSpec, dataLayout, didYouMean, fileFault } from "@cjm/core";
import { discoverManifests } from "@cjm/host";
import { createPipeline } from "@cjm/pipeline";
import { callArguments, readArguments } from "../arguments/call-arguments.ts";
import { allValues, lastValue, TIMER_SECONDS, wholeNumber } from "../arguments/option-values.ts";
import type { Command, CommandContext, ExitCode, GlobalOptions } from "../command.ts";
import { noSuchCapability } from "../listing/no-such-capability.ts";
import { callLine } from "../run/call-line.ts";
import { usageError } from "../usage-error.ts";

interface CallOptions extends GlobalOptions {
  readonly name: string;
  readonly action?: string | undefined;
  readonly arg: readonly string[];
  readonly argsJson?: string | undefined;
  readonly task?: string | undefined;
  readonly method?: string | undefined;
  readonly timeout?: string | undefined;
}

export const callCommand: Command<CallOptions> = {
  positionals: {
    name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" },
    action: { type: "string", describe: "One of its actions; 'cjm-ctl list NAME' shows them" },
  },
  options: {
    arg: {
      alias: "a",
      type: "string",
      nargs: 1,
      coerce: allValues,
      default: [],
      defaultDescription: "none",
      describe: "An argument, as name=text or name:=JSON",
    },
    "args-json": {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "All arguments as a JSON object; @file reads one, - reads stdin",
    },
    task: {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "With --method: a task of its adapter instead of an action",
    },
    method: { type: "string", requiresArg: true, coerce: lastValue, describe: "Method of the task" },
    timeout: { type: "string", requiresArg: true, coerce: lastValue, describe: "Give up after this many seconds  [default: never]" },
  },
  examples: [
    ["$0 call cjm-capability-documents parse --arg path=README.md", "the result as JSON"],
    [`$0 call cjm-capability-documents find -a folder=. -a 'extensions:=[".md"]'`, "an argument that is no text"],
  ],
  exitCodes: [[1, "it failed, took too long, or was cancelled elsewhere"]],

  async run(args, context): Promise<ExitCode> {
    const { terminal, signal } = context;
    const { name, action, task, method, timeout } = args;
    const timeoutMs = timeout === undefined ? null : wholeNumber("timeout", timeout, TIMER_SECONDS) * 1000;
    const { config } = await context.config();
    if ((task === undefined) !== (method === undefined)) throw usageError("--task and --method go together.");
    const written = readArguments(await argumentsText(args.argsJson, context), args.arg);
    const spec = task === undefined ? actionOf(name, action, [dataLayout(config.dataDir).manifests]) : null;
    const values = callArguments(written, spec?.input_schema ?? null);

    await using pipeline = await createPipeline({
      capabilities: [name],
      config,
      actor: `cli:${userInfo().username}`,
      jobs: "memory",
      whenStopped: "fail",
      signal,
    });
    const startedMs = performance.now();
    terminal.live?.start(() => [
      callLine(pipeline.queue.list({ status: "running" })[0], performance.now() - startedMs, terminal.noteColors),
    ]);
    const running = pipeline.run({
      instance: name,
      ...(action === undefined ? {} : { action }),
      ...(task === undefined || method === undefined ? {} : { task, method }),
      args: values,
      ...(timeoutMs === null ? {} : { timeoutMs }),
      signal,
    });
    const result = await running.finally(() => terminal.live?.end());
    if (terminal.json) terminal.printJson(result);
    else terminal.print(typeof result === "string" ? result : JSON.stringify(result, null, 2));
    return 0;
  },
};

/** What the manifest says of the action; null when it lists none, as those of the original. Asked before anything starts. */
function actionOf(name: string, action: string | undefined, paths: readonly string[]): ActionSpec | null {
  const report = discoverManifests(paths);
  const found = report.capabilities.find((capability) => capability.name === name);
  if (found === undefined) throw noSuchCapability(name, report);
  const actions = found.manifest.code.actions ?? [];
  if (actions.length === 0) return null;
  const known = [...actions.map((spec) => spec.name), "describe"];
  if (action === undefined)
    throw usageError(`Which action of ${name}? It has ${known.join(", ")}.`, `'cjm-ctl list ${name}' shows what they take.`);
  if (!known.includes(action)) {
    throw usageError(`${name} has no action '${action}'.${didYouMean(action, known)}`, `It has ${known.join(", ")}.`);
  }
  return actions.find((spec) => spec.name === action) ?? null;
}

async function argumentsText(given: string | undefined, { stdin, cwd, signal }: CommandContext): Promise<string | null> {
  if (given === undefined) return null;
  if (given === "-") return await text(addAbortSignal(signal, stdin));
  if (!given.startsWith("@")) return given;
  const path = resolve(cwd, given.slice(1));
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw usageError(`The file ${path} of --args-json cannot be read: ${fileFault(error)}.`, "Write it as --args-json @FILE.");
  }
}
