import type * as z from "zod";

/** Key of a field's metadata that names its trigger. Source: the configuration classes of the original's capabilities. */
export const RELOAD_TRIGGER = "reload_trigger";

/**
 * Marks a field of a configuration: what was loaded by its old value must go when it changes. A reconfiguration that changes
 * marked fields first calls `release<Trigger>(oldConfig, newConfig, ctx)` of the capability, once for each trigger, while
 * `this.config` is still the old one.
 *
 * ```ts
 * static override readonly config = z.object({ model: reloadTrigger("model", z.string().default("small")), ... });
 * releaseModel(): void { this.#model?.close(); this.#model = null; }
 * ```
 */
export function reloadTrigger<Schema extends z.ZodType>(trigger: string, schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), [RELOAD_TRIGGER]: trigger });
}

/** The trigger of every marked field. */
export function triggersOf(config: z.ZodObject): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(config.shape).flatMap(([field, schema]) => {
      const trigger = triggerOf(schema as z.ZodType);
      return trigger === null ? [] : [[field, trigger] as const];
    }),
  );
}

/** Triggers of the fields that differ, each once, in the order of the fields. */
export function changedTriggers(
  config: z.ZodObject,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly string[] {
  // Not imported: an import reads every export of the module, and some of them load parts of Node that a start does not need.
  const { isDeepStrictEqual } = process.getBuiltinModule("node:util");
  const changed = [...triggersOf(config)].filter(([field]) => !isDeepStrictEqual(before[field], after[field]));
  return [...new Set(changed.map(([, trigger]) => trigger))];
}

/** Name of the method that a trigger calls: `releaseVoicePack` for `voice_pack`. */
export function releaseHookName(trigger: string): string {
  const words = trigger.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return `release${words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")}`;
}

/** Marked outside or inside of a default: `default`, `optional` and the like wrap the schema they are called on. */
function triggerOf(schema: z.ZodType): string | null {
  const own = schema.meta()?.[RELOAD_TRIGGER];
  if (typeof own === "string" && own !== "") return own;
  const { innerType, in: input } = schema.def as { readonly innerType?: z.ZodType; readonly in?: z.ZodType };
  const inner = innerType ?? input;
  return inner === undefined ? null : triggerOf(inner);
}
