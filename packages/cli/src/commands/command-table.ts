import type { Command } from "../command.ts";

export interface CommandEntry {
  /** Name and positionals, as yargs reads them. */
  readonly usage: string;
  readonly summary: string;
  /** A command is imported when it is asked for, so that each costs only its own. */
  readonly load: () => Promise<Command>;
}

export function commandName({ usage }: CommandEntry): string {
  return usage.split(" ", 1)[0] ?? usage;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    usage: "init [what] [name]",
    summary: "Begin a project, or add a capability or a composition to one",
    load: async () => (await import("./init.ts")).initCommand,
  },
  {
    usage: "setup-runtime",
    summary: "Make sure that there is a micromamba, for conda environments",
    load: async () => (await import("./setup-runtime.ts")).setupRuntimeCommand,
  },
  {
    usage: "install-all",
    summary: "Install what capabilities.yaml lists, each into an environment of its own",
    load: async () => (await import("./install-all.ts")).installAllCommand,
  },
  {
    usage: "setup-host",
    summary: "Install the interface libraries of capabilities into a host program",
    load: async () => (await import("./setup-host.ts")).setupHostCommand,
  },
  {
    usage: "repair <name>",
    summary: "Make the environment of a capability again, with exactly the packages it had",
    load: async () => (await import("./repair.ts")).repairCommand,
  },
  {
    usage: "regenerate-manifest <name>",
    summary: "Introspect a capability again and write its manifest",
    load: async () => (await import("./regenerate-manifest.ts")).regenerateManifestCommand,
  },
  {
    usage: "generate-adapter-manifest <environment> <target>",
    summary: "Write the manifest of a task adapter that is installed in an environment",
    load: async () => (await import("./generate-adapter-manifest.ts")).generateAdapterManifestCommand,
  },
  {
    usage: "remove <name>",
    summary: "Remove a capability with its environment; configuration and data stay",
    load: async () => (await import("./remove.ts")).removeCommand,
  },
  {
    usage: "gc",
    summary: "Free what no installed capability needs",
    load: async () => (await import("./gc.ts")).gcCommand,
  },
  {
    usage: "list [name]",
    summary: "Show installed capabilities, or one of them with its actions",
    load: async () => (await import("./list.ts")).listCommand,
  },
  {
    usage: "call <name> [action]",
    summary: "Call one action of a capability and print its result",
    load: async () => (await import("./call.ts")).callCommand,
  },
  {
    usage: "run <composition>",
    summary: "Run a composition from its YAML file",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    usage: "resume [id]",
    summary: "Go on with compositions whose host died",
    load: async () => (await import("./resume.ts")).resumeCommand,
  },
  {
    usage: "ps",
    summary: "Show jobs and compositions that wait or run",
    load: async () => (await import("./ps.ts")).psCommand,
  },
  {
    usage: "why <job>",
    summary: "Explain why a job waits, or how it ended",
    load: async () => (await import("./why.ts")).whyCommand,
  },
  {
    usage: "cancel <ids..>",
    summary: "Cancel jobs or compositions",
    load: async () => (await import("./cancel.ts")).cancelCommand,
  },
  {
    usage: "top",
    summary: "Show machine, workers and jobs of all hosts, as they change",
    load: async () => (await import("./top.ts")).topCommand,
  },
  {
    usage: "inspect <id>",
    summary: "Tell the story of a job, a composition or a run",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  {
    usage: "doctor",
    summary: "Say what is wrong with this machine and the data directory, and how to mend it",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    usage: "logs",
    summary: "Show what capabilities logged or printed, or the journal",
    load: async () => (await import("./logs.ts")).logsCommand,
  },
  {
    usage: "validate <path>",
    summary: "Check a composition, capabilities.yaml, cjm.yaml, a manifest or the source of a capability",
    load: async () => (await import("./validate.ts")).validateCommand,
  },
  {
    usage: "config [key]",
    summary: "Show the configuration in force, and where each value came from",
    load: async () => (await import("./config.ts")).configCommand,
  },
  {
    usage: "workspace-init [folder]",
    summary: "Mark a folder as a workspace, which keeps data and runs together (not a project: see init)",
    load: async () => (await import("./workspace-init.ts")).workspaceInitCommand,
  },
  {
    usage: "workspace-doctor",
    summary: "Say what is right and wrong with a marked workspace",
    load: async () => (await import("./workspace-doctor.ts")).workspaceDoctorCommand,
  },
  {
    usage: "set-secret <name> <key>",
    summary: "Keep a secret for a capability; it is asked for, or read from a pipe",
    load: async () => (await import("./set-secret.ts")).setSecretCommand,
  },
  {
    usage: "list-secrets <name>",
    summary: "Show the names of a capability's secrets, never their values",
    load: async () => (await import("./list-secrets.ts")).listSecretsCommand,
  },
  {
    usage: "delete-secret <name> <key>",
    summary: "Forget a secret of a capability",
    load: async () => (await import("./delete-secret.ts")).deleteSecretCommand,
  },
  {
    usage: "retention",
    summary: "Forget old logs and output of capabilities now",
    load: async () => (await import("./retention.ts")).retentionCommand,
  },
  {
    usage: "completion [shell]",
    summary: "Print a script that completes command lines in bash, zsh or fish",
    load: async () => (await import("./completion.ts")).completionCommand,
  },
];
