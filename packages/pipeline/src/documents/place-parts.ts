import { isAbsolute, resolve } from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "@cjm/core";

/** Paths of the compositions that the nodes of a document name, as they are written there. */
export function partPaths(document: JsonValue | undefined): readonly string[] {
  return nodesOf(document).flatMap((node) => {
    const { composition } = node;
    return typeof composition === "string" ? [composition] : partPaths(composition);
  });
}

/** A document that stands by itself: compositions in place of their paths, and default paths absolute. */
export function placeParts(document: JsonObject, folder: string, parts: ReadonlyMap<string, JsonObject>): JsonObject {
  const { inputs, nodes } = document;
  return {
    ...document,
    ...(isJsonObject(inputs) ? { inputs: mapValues(inputs, (input) => absoluteDefault(input, folder)) } : {}),
    ...(isJsonObject(nodes) ? { nodes: mapValues(nodes, (node) => placePart(node, folder, parts)) } : {}),
    ...(Array.isArray(nodes) ? { nodes: nodes.map((node: JsonValue) => placePart(node, folder, parts)) } : {}),
  };
}

function placePart(node: JsonValue, folder: string, parts: ReadonlyMap<string, JsonObject>): JsonValue {
  if (!isJsonObject(node)) return node;
  const { composition } = node;
  if (typeof composition === "string") return { ...node, composition: parts.get(composition) ?? composition };
  return isJsonObject(composition) ? { ...node, composition: placeParts(composition, folder, parts) } : node;
}

function nodesOf(document: JsonValue | undefined): readonly JsonObject[] {
  const nodes = isJsonObject(document) ? document["nodes"] : undefined;
  return Object.values(isJsonObject(nodes) || Array.isArray(nodes) ? nodes : {}).filter(isJsonObject);
}

function absoluteDefault(input: JsonValue, folder: string): JsonValue {
  if (!isJsonObject(input) || input["type"] !== "path" || typeof input["default"] !== "string" || isAbsolute(input["default"]))
    return input;
  return { ...input, default: resolve(folder, input["default"]) };
}

function mapValues(object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
