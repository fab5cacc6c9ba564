import * as z from "zod";

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

/** What an adapter asks of the capability it is bound to: methods with their leading parameter names, and properties. */
export const ProtocolMembersSchema = z.object({
  methods: z.array(z.looseObject({ name: z.string(), signature: text, params: z.array(z.string()).nullish() })).default([]),
  properties: z.array(z.string()).default([]),
});
export type ProtocolMembers = z.infer<typeof ProtocolMembersSchema>;

/**
 * A task adapter's manifest, `adapter-<task>-<Class>.json` of the manifests folder, as the original writes it. The member
 * `unit` tells it from a capability's.
 */
export const AdapterManifestSchema = z.object({
  unit: z.literal("adapter"),
  name: z.string().min(1),
  version: z
    .string()
    .nullish()
    .transform((value) => value || "0.0.0"),
  task_name: z.string().min(1),
  module: z.string().min(1),
  class: z.string().min(1),
  required_tool_protocol: text,
  protocol_members: ProtocolMembersSchema.default({ methods: [], properties: [] }),
  generated_at: text,
  conda_env: text,
  /** What it is written in. Absent in those of the original. */
  language: z.enum(["node", "python"]).optional(),
});
export type AdapterManifest = z.infer<typeof AdapterManifestSchema>;

/** Whether a document of the manifests folder says that it is an adapter's. */
export function isAdapterDocument(document: unknown): boolean {
  return typeof document === "object" && document !== null && "unit" in document && document.unit === "adapter";
}
