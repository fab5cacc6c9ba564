import * as z from "zod";
import { CompositionHeaderSchema, NodeDocumentSchema } from "./composition-document.ts";
import { ConditionSchema } from "./condition.ts";

/**
 * The form of a composition file as one schema, for editors. What hangs together (references, cycles, inputs of compositions
 * inside) only `validateComposition` checks.
 */
export const CompositionFileSchema: z.ZodType = z.lazy(() => FileSchema);

const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/);

const NodeSchema = NodeDocumentSchema.extend({
  when: ConditionSchema.optional().describe("The node is skipped unless this holds; where it speaks of ${item}, the element is."),
  composition: z
    .union([z.string().min(1), CompositionFileSchema])
    .optional()
    .describe("Runs another composition instead of calling a capability: a path relative to this file, or the composition itself."),
});

const FileSchema = CompositionHeaderSchema.extend({
  nodes: z
    .union([z.record(Name, asNode(NodeSchema, "node")), z.array(asNode(NodeSchema.extend({ id: Name }), "listed_node"))])
    .describe("What is done: a map from the id of a node to the node, or a list of nodes with an id."),
}).meta({ id: "composition" });

/** It calls a capability or runs a composition. */
function asNode<T extends z.ZodType>(schema: T, id: string): T {
  return schema.meta({ id, oneOf: [{ required: ["capability"] }, { required: ["composition"] }] });
}
