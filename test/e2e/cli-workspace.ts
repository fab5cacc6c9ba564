import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program, type ProgramOptions, type ProgramResult, temporaryFolder } from "@cjm/testing";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = join(REPOSITORY, "packages/cli/src/main.ts");

/** Nothing of whoever runs the tests may change what the command line does. */
const NEUTRAL_ENVIRONMENT = {
  CJM_DATA_DIR: undefined,
  CJM_CONDA_TYPE: undefined,
  CJM_WORKSPACE: undefined,
  CJM_CONDA_PREFIX: undefined,
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  CI: undefined,
  NODE_OPTIONS: undefined,
  TZ: "UTC",
};

/** A folder of its own with a `cjm.yaml` whose data directory is `data`, and the real command line run inside it. */
export class CliWorkspace implements AsyncDisposable {
  readonly path: string;
  readonly #dispose: () => PromiseLike<void>;

  private constructor(path: string, dispose: () => PromiseLike<void>) {
    this.path = path;
    this.#dispose = dispose;
  }

  static async create(): Promise<CliWorkspace> {
    const folder = await temporaryFolder("cjm-cli-");
    await writeFile(join(folder.path, "cjm.yaml"), "data_dir: ./data\n");
    return new CliWorkspace(folder.path, () => folder[Symbol.asyncDispose]());
  }

  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  async write(path: string, text: string): Promise<string> {
    const target = this.at(path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
    return target;
  }

  /** Program, arguments and environment of `cjm-ctl`, for whoever starts it in a way of its own. */
  commandLine(args: readonly string[]): { readonly command: readonly [string, ...string[]]; readonly env: ProgramOptions["env"] & {} } {
    return {
      command: [process.execPath, "--disable-warning=ExperimentalWarning", ENTRY, ...args],
      env: { ...NEUTRAL_ENVIRONMENT, HOME: this.path },
    };
  }

  /** Starts `cjm-ctl` and leaves it running. */
  start(args: readonly string[], options: ProgramOptions = {}): Program {
    const {
      command: [program, ...rest],
      env,
    } = this.commandLine(args);
    return new Program(program, rest, { cwd: this.path, ...options, env: { ...env, ...options.env } });
  }

  /** Runs `cjm-ctl` to its end. */
  async cjm(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    await using program = this.start(args, options);
    return await program.result;
  }

  /** A shell command line in which `$CJM` is `cjm-ctl`. */
  async shell(line: string): Promise<ProgramResult> {
    await using program = this.startShell(line);
    return await program.result;
  }

  /** The same, while it runs. */
  startShell(line: string): Program {
    const { command, env } = this.commandLine([]);
    return new Program("bash", ["-o", "pipefail", "-c", line], { cwd: this.path, env: { ...env, CJM: command.join(" ") } });
  }

  /** Makes the capability `probe` look installed: an environment that links to this checkout, and its manifest. */
  async installProbe(): Promise<void> {
    const modules = "data/environments/node-probe/node_modules";
    await this.write(
      `${modules}/probe/package.json`,
      JSON.stringify({ name: "probe", version: "1.2.3", type: "module", exports: "./index.ts" }),
    );
    await this.write(`${modules}/probe/index.ts`, PROBE_SOURCE);
    await mkdir(this.at(modules, "@cjm"), { recursive: true });
    await symlink(join(REPOSITORY, "packages/capability"), this.at(modules, "@cjm/capability"));
    await this.write("data/manifests/probe.json", JSON.stringify(probeManifest(this.at("data/environments/node-probe"))));
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#dispose();
  }
}

const PROBE_SOURCE = `
import { existsSync } from "node:fs";
import { action, CapabilityInputError, ToolCapability, z } from "@cjm/capability";

export class Probe extends ToolCapability {
  static readonly description = "What tests ask for.";
  readonly actions = {
    echo: action({ description: "Gives back.", input: z.object({ text: z.string() }), output: z.string(), run: ({ text }) => text }),
    add: action({
      description: "Adds two numbers.",
      input: z.object({ a: z.int(), b: z.int().default(1), tags: z.array(z.string()).default([]) }),
      output: z.looseObject({}),
      run: ({ a, b, tags }) => ({ sum: a + b, tags }),
    }),
    odd: action({
      description: "Refuses even numbers.",
      input: z.object({ n: z.int() }),
      output: z.int(),
      run: ({ n }) => {
        if (n % 2 === 0) throw new CapabilityInputError(\`\${n} is even\`);
        return n;
      },
    }),
    defect: action({ description: "Has a defect.", input: z.object({}), output: z.null(), run: () => (undefined as unknown as { x: { y: null } }).x.y }),
    stubborn: action({
      description: "Hears nothing.",
      input: z.object({}),
      output: z.null(),
      run: (_input, ctx) => {
        ctx.log.warning("hearing nothing");
        for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
      },
    }),
    gate: action({
      description: "Waits until a file is there.",
      input: z.object({ file: z.string() }),
      output: z.string(),
      run: async ({ file }, ctx) => {
        ctx.log.warning("waiting at the gate");
        while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
        return "through";
      },
    }),
    wait: action({
      description: "Waits until it is told to stop.",
      input: z.object({}),
      output: z.null(),
      run: async (_input, ctx) => {
        ctx.log.warning("waiting now");
        while (!ctx.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
        ctx.throwIfCancelled();
        return null;
      },
    }),
  };
}
`;

function probeManifest(environment: string): object {
  const action = (name: string, properties: object, required: string[]): object => ({
    name,
    description: `What ${name} does.`,
    input_schema: { type: "object", properties, required },
  });
  return {
    format_version: "2.0",
    install: { python_path: process.execPath, runtime: "node", worker: "node", environment_path: environment, package_source: "./probe" },
    code: {
      name: "probe",
      version: "1.2.3",
      description: "What tests ask for.",
      module: "probe",
      class: "Probe",
      worker_env: [{ name: "PROBE_KEY", secret: true, description: "For nothing." }],
      actions: [
        action("echo", { text: { type: "string" } }, ["text"]),
        action("add", { a: { type: "integer" }, b: { type: "integer", default: 1 }, tags: { type: "array" } }, ["a"]),
        action("odd", { n: { type: "integer" } }, ["n"]),
        action("defect", {}, []),
        action("gate", { file: { type: "string" } }, ["file"]),
        action("wait", {}, []),
        action("stubborn", {}, []),
      ],
    },
  };
}
