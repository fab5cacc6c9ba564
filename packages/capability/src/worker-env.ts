/** One environment variable that a capability's process needs. A secret one comes from the host's secret store and has no default. */
export interface WorkerEnvDeclaration {
  readonly name: string;
  /** @default false */
  readonly secret?: boolean;
  /** @default false */
  readonly required?: boolean;
  readonly label?: string;
  readonly description?: string;
  /** May hold `${CJM_MODELS_DIR}`, `${CJM_CAPABILITY_DATA_DIR}`, `${CAPABILITY_DATA_DIR}`, `${CAPABILITY_NAME}`. */
  readonly default?: string;
}

/** A declaration as manifests hold it: every key is there. */
export interface WorkerEnvRecord {
  readonly name: string;
  readonly secret: boolean;
  readonly required: boolean;
  readonly label: string;
  readonly description: string;
  readonly default: string | null;
}

export function workerEnvRecord(declaration: WorkerEnvDeclaration): WorkerEnvRecord {
  return {
    name: declaration.name,
    secret: declaration.secret ?? false,
    required: declaration.required ?? false,
    label: declaration.label ?? "",
    description: declaration.description ?? "",
    default: declaration.default ?? null,
  };
}
