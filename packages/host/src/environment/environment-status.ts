import type { Manifest } from "@cjm/core";
import { expandTemplate } from "./worker-environment.ts";

/** Whether a declared variable of a worker has a value, without the value. */
export interface VariableStatus {
  readonly name: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly satisfied: boolean;
  readonly label: string;
  readonly description: string;
  /** Where its value comes from; null when it has none. */
  readonly source: "secret" | "override" | "default" | "manifest" | null;
}

export interface StatusInputs {
  readonly manifest: Manifest;
  readonly overrides: Readonly<Record<string, string>>;
  readonly modelsDir: string | null;
  readonly secret: (name: string) => string | null;
}

/** One status for each declared variable, in declared order. A default that cannot be expanded here is no value. */
export function variableStatuses({ manifest, overrides, modelsDir, secret }: StatusInputs): readonly VariableStatus[] {
  // Only whether a template expands matters, not to what.
  const vocabulary = {
    CJM_CAPABILITY_DATA_DIR: "",
    CAPABILITY_DATA_DIR: "",
    CAPABILITY_NAME: manifest.code.name,
    ...(modelsDir === null ? {} : { CJM_MODELS_DIR: modelsDir }),
  };
  const sourceOf = (entry: { name: string; secret: boolean; default: string | null }): VariableStatus["source"] => {
    if (entry.secret) return secret(entry.name) === null ? null : "secret";
    if (overrides[entry.name] !== undefined) return "override";
    if (entry.default !== null && expands(entry.default, vocabulary)) return "default";
    return manifest.install.env_vars[entry.name] === undefined ? null : "manifest";
  };
  return (manifest.code.worker_env ?? [])
    .filter(({ name }) => name !== "")
    .map((entry) => {
      const source = sourceOf(entry);
      const { name, secret: isSecret, required, label, description } = entry;
      return { name, secret: isSecret, required, satisfied: source !== null, label, description, source };
    });
}

function expands(template: string, vocabulary: Readonly<Record<string, string>>): boolean {
  try {
    expandTemplate(template, vocabulary);
    return true;
  } catch {
    return false;
  }
}
