import * as z from "zod";
import { type RuntimeKind, RuntimeKindSchema } from "./manifest.ts";

const AdapterEntrySchema = z.object({ impl: z.string(), lib: z.string().optional() });

/**
 * One entry of `capabilities.yaml`. Keys of the original: `name`, `env_name`, `package`, `env_file`, `python_version`,
 * `interface_libs`, `adapters`; an entry with `env_file` or `python_version` is conda. Ours: `runtime`, `node_version`,
 * `wheels` (a folder of wheels instead of an index), `module`, `class`, `env_vars`, `resources`.
 */
export const CapabilityEntrySchema = z
  .object({
    name: z.string().min(1),
    runtime: RuntimeKindSchema.optional(),
    package: z.string().min(1),
    env_name: z.string().optional(),
    env_file: z.string().optional(),
    python_version: z.string().optional(),
    node_version: z.string().optional(),
    wheels: z.string().optional(),
    module: z.string().optional(),
    class: z.string().optional(),
    interface_libs: z.array(z.string()).default([]),
    adapters: z.array(AdapterEntrySchema).default([]),
    env_vars: z.record(z.string(), z.string()).default({}),
    resources: z
      .object({
        requires_gpu: z.boolean().default(false),
        platforms: z.array(z.string()).default([]),
        accelerators: z.array(z.string()).default([]),
      })
      .optional(),
  })
  .superRefine((entry, context) => {
    if (entry.runtime === undefined && entry.env_file === undefined && entry.python_version === undefined) {
      context.addIssue({
        code: "custom",
        path: ["runtime"],
        message: "say how its environment is made: runtime: node, venv or conda (or env_file / python_version, which mean conda)",
      });
    }
    if (runtimeOf(entry) === "conda" && entry.env_name === undefined) {
      context.addIssue({ code: "custom", path: ["env_name"], message: "a conda environment needs a name" });
    }
    if (runtimeOf(entry) === "conda" && entry.env_file === undefined && entry.python_version === undefined) {
      context.addIssue({ code: "custom", path: ["python_version"], message: "a conda environment needs env_file or python_version" });
    }
  });
export type CapabilityEntry = z.infer<typeof CapabilityEntrySchema>;

export const CapabilitiesFileSchema = z.object({ capabilities: z.array(CapabilityEntrySchema) }).superRefine((file, context) => {
  const seen = new Set<string>();
  file.capabilities.forEach((entry, index) => {
    if (seen.has(entry.name))
      context.addIssue({
        code: "custom",
        path: ["capabilities", index, "name"],
        message: `'${entry.name}' stands twice; names are unique`,
      });
    seen.add(entry.name);
  });
});
export type CapabilitiesFile = z.infer<typeof CapabilitiesFileSchema>;

/** How the environment of an entry is made: what it says, else conda (the original knew nothing else). */
export function runtimeOf(entry: { readonly runtime?: RuntimeKind | undefined }): RuntimeKind {
  return entry.runtime ?? "conda";
}
