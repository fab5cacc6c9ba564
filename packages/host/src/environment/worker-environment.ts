import { join } from "node:path";
import { errorMessage, type Manifest, type WorkerEnvEntry } from "@cjm/core";

export interface WorkerEnvironmentInputs {
  readonly manifest: Manifest;
  /** The host's own environment, of which only a few variables are passed on. */
  readonly host: Readonly<Record<string, string | undefined>>;
  /** Whether all of the host's environment is passed on, as the original does. */
  readonly inheritAll: boolean;
  /** Persisted values of visible variables, by name. */
  readonly overrides: Readonly<Record<string, string>>;
  /** The value of a secret, or null. */
  readonly secret: (name: string) => string | null;
  /** `<data_dir>/data`. */
  readonly capabilityDataRoot: string;
  /** Where workers of the original write their log lines themselves; ours send them to their host. */
  readonly diagnosticsFile: string;
  /** Where hashes of input files are remembered, by workers and host alike. */
  readonly inputHashesFile: string;
  readonly modelsDir: string | null;
  readonly sessionId: string;
}

export interface WorkerEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Names that the capability declared and that got a value; for the journal. Never values. */
  readonly declaredNames: readonly string[];
  /** What could not be honoured, for a person to read. Never values of secrets. */
  readonly warnings: readonly string[];
  /** The capability's own data folder; the host makes it. */
  readonly dataDir: string;
}

/** What a process needs to find programs, a home, a language and the time, and nothing that could be a secret. */
const PASSED_ON =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_.*|TZ|TMPDIR|TERM|SSL_CERT_FILE|SSL_CERT_DIR|CUDA_VISIBLE_DEVICES|LD_LIBRARY_PATH|CJM_LOG_LEVEL|CJM_MODELS_DIR|SYSTEMROOT|COMSPEC|PATHEXT)$/;

/**
 * The whole environment of a worker, weakest first: a few variables of the host, `install.env_vars` of the manifest,
 * declared variables (default, override, secret), and the host's own variables, which nothing overrides.
 */
export function composeWorkerEnvironment(inputs: WorkerEnvironmentInputs): WorkerEnvironment {
  const { manifest } = inputs;
  const dataDir = join(inputs.capabilityDataRoot, manifest.code.name);
  const own: Record<string, string> = {
    CJM_CAPABILITY_DATA_DIR: inputs.capabilityDataRoot,
    CAPABILITY_DATA_DIR: dataDir,
    CJM_WORKER_SESSION_ID: inputs.sessionId,
    CJM_INPUT_HASH_CACHE: inputs.inputHashesFile,
    ...(inputs.modelsDir === null ? {} : { CJM_MODELS_DIR: inputs.modelsDir }),
    ...(manifest.install.worker === "substrate" ? { CJM_DIAGNOSTICS_DB: inputs.diagnosticsFile } : {}),
  };
  const declared = declaredVariables(inputs, { ...own, CAPABILITY_NAME: manifest.code.name });
  const passedOn = Object.entries(inputs.host).filter(
    (entry): entry is [string, string] => (inputs.inheritAll || PASSED_ON.test(entry[0])) && entry[1] !== undefined,
  );
  return {
    variables: { ...Object.fromEntries(passedOn), ...manifest.install.env_vars, ...declared.values, ...own },
    declaredNames: Object.keys(declared.values).sort(),
    warnings: declared.warnings,
    dataDir,
  };
}

function declaredVariables(inputs: WorkerEnvironmentInputs, vocabulary: Readonly<Record<string, string>>) {
  const values: Record<string, string> = {};
  const warnings: string[] = [];
  const entries = (inputs.manifest.code.worker_env ?? []).filter(({ name }) => name !== "");
  for (const entry of entries) {
    const value = declaredValue(entry, inputs, vocabulary, warnings);
    if (value !== null) values[entry.name] = value;
    else if (entry.required) warnings.push(missingText(entry, inputs.manifest.code.name));
  }
  const visible = new Set(entries.filter(({ secret }) => !secret).map(({ name }) => name));
  for (const name of Object.keys(inputs.overrides)) {
    if (!visible.has(name)) warnings.push(`the override of ${name} is ignored: the capability declares no such visible variable`);
  }
  return { values, warnings };
}

function declaredValue(
  entry: WorkerEnvEntry,
  inputs: WorkerEnvironmentInputs,
  vocabulary: Readonly<Record<string, string>>,
  warnings: string[],
): string | null {
  if (entry.secret) return inputs.secret(entry.name);
  const override = inputs.overrides[entry.name];
  if (override !== undefined) return override;
  if (entry.default === null) return null;
  try {
    return expandTemplate(entry.default, vocabulary);
  } catch (error) {
    warnings.push(`${entry.name} is left out: ${errorMessage(error)}`);
    return null;
  }
}

function missingText(entry: WorkerEnvEntry, capabilityName: string): string {
  const fix = entry.secret ? `set it with 'cjm-ctl set-secret ${capabilityName} ${entry.name}'` : "it has no default and no override";
  return `required variable ${entry.name} has no value; ${fix}`;
}

/**
 * Expands `${NAME}` and `$NAME`; `$$` is a dollar. One pass, by the rules of Python's `string.Template`.
 * @throws Error naming what is unknown or malformed
 */
export function expandTemplate(text: string, vocabulary: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:(\$)|([_A-Za-z][_A-Za-z0-9]*)|\{([_A-Za-z][_A-Za-z0-9]*)\}|)/g,
    (_match, dollar?: string, plain?: string, braced?: string) => {
      if (dollar !== undefined) return "$";
      const name = plain ?? braced;
      if (name === undefined) throw new Error(`'${text}' has a '$' that begins no name; write $$ for a dollar`);
      const value = vocabulary[name];
      if (value === undefined) throw new Error(`'${text}' refers to ${name}, which has no value here`);
      return value;
    },
  );
}
