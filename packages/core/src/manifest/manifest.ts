import * as z from "zod";
import { escapeNonAscii } from "../ascii-json.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

/** One environment variable a worker declares. A secret one comes from the secret store and has no default. */
export const WorkerEnvEntrySchema = z.object({
  name: z.string(),
  secret: z.boolean().default(false),
  required: z.boolean().default(false),
  label: text,
  description: text,
  default: z
    .string()
    .nullish()
    .transform((value) => value ?? null),
  options: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? null),
});
export type WorkerEnvEntry = z.infer<typeof WorkerEnvEntrySchema>;

export const SurfaceSchema = z.looseObject({
  methods: z.array(z.looseObject({ name: z.string(), signature: text, params: z.array(z.string()).nullish() })).default([]),
  properties: z.array(z.string()).default([]),
  attributes: z.array(z.looseObject({ name: z.string(), type: text })).default([]),
});
export type Surface = z.infer<typeof SurfaceSchema>;

/** Whether and how a result may be kept: `pure` by value, `files` with the files it names, `never`. */
export const CachePolicySchema = z.enum(["pure", "files", "never"]);

export const ActionSpecSchema = z.object({
  name: z.string(),
  description: text,
  input_schema: z.record(z.string(), z.unknown()).nullish(),
  output_schema: z.record(z.string(), z.unknown()).nullish(),
  streams: z.boolean().default(false),
  idempotent: z.boolean().default(false),
  cache: CachePolicySchema.default("never"),
});
export type ActionSpec = z.infer<typeof ActionSpecSchema>;

/** How the environment of a capability is made. */
export const RuntimeKindSchema = z.enum(["node", "venv", "conda"]);
export type RuntimeKind = z.infer<typeof RuntimeKindSchema>;

/** Which worker program serves it: ours for Node, ours for Python, or the original's own. */
export const WorkerKindSchema = z.enum(["node", "python", "substrate"]);
export type WorkerKind = z.infer<typeof WorkerKindSchema>;

const InstallSectionSchema = z.object({
  python_path: text,
  conda_env: text,
  db_path: text,
  env_vars: z
    .record(z.string(), z.string())
    .nullish()
    .transform((value) => value ?? {}),
  installed_at: text,
  installer_version: text,
  package_source: text,
  runtime: RuntimeKindSchema.default("conda"),
  worker: WorkerKindSchema.default("substrate"),
  environment_path: optionalText,
  environment_hash: optionalText,
  environment_lock: optionalText,
  install_log: optionalText,
});

const CodeSectionSchema = z.object({
  name: text,
  version: text,
  description: text,
  module: text,
  class: text,
  resources: z
    .object({
      requires_gpu: z.boolean().default(false),
      platforms: z.array(z.string()).default([]),
      accelerators: z.array(z.string()).default([]),
    })
    .nullish(),
  config_schema: z.record(z.string(), z.unknown()).nullish(),
  worker_env: z.array(WorkerEnvEntrySchema).nullish(),
  actions: z.array(ActionSpecSchema).nullish(),
  regenerated_at: z.string().nullish(),
  structural_surface: SurfaceSchema.nullish(),
});

/**
 * A v2 capability manifest, as the original writes it, with our additions in `install` (`runtime`, `worker`,
 * `environment_path`, `environment_hash`, `environment_lock`, `install_log`) and `code` (`actions`), which its readers drop. A manifest without them is one
 * of the original: a conda environment with the original's worker.
 */
export const ManifestSchema = z.object({
  format_version: z.literal("2.0"),
  install: InstallSectionSchema,
  code: CodeSectionSchema,
  drift_tracking: z
    .object({
      config_schema_hash: z
        .string()
        .nullish()
        .transform((value) => value ?? null),
      structural_surface_hash: z
        .string()
        .nullish()
        .transform((value) => value ?? null),
    })
    .default({ config_schema_hash: null, structural_surface_hash: null }),
  overrides: z.record(z.string(), z.unknown()).default({}),
});
export type Manifest = z.infer<typeof ManifestSchema>;

/** The text of a manifest file: two-space indent, ASCII only, no newline at the end, as the original writes it. */
export function manifestText(manifest: Manifest): string {
  const json = JSON.stringify(dropNull(manifest, OPTIONAL_MEMBERS), null, 2);
  return escapeNonAscii(json);
}

const OPTIONAL_MEMBERS = new Set([
  "resources",
  "config_schema",
  "worker_env",
  "actions",
  "regenerated_at",
  "structural_surface",
  "environment_path",
  "environment_hash",
  "environment_lock",
  "install_log",
]);

function dropNull(manifest: Manifest, names: ReadonlySet<string>): unknown {
  const keep = (section: object): object =>
    Object.fromEntries(Object.entries(section).filter(([key, value]) => !(names.has(key) && (value === null || value === undefined))));
  return { ...manifest, install: keep(manifest.install), code: keep(manifest.code) };
}
