import { isJsonObject, type JsonObject } from "@cjm/core";

/** A typed result on the wire. Only the top level of a result or of one stream chunk may be one. */
export interface WireValue {
  readonly __wire__: string;
  readonly data: JsonObject;
}

/** Rebuilds a value of one kind from its data. */
export type WireDecoder = (data: JsonObject) => unknown;

export function encodeWireValue(kind: string, data: JsonObject): WireValue {
  return { __wire__: kind, data };
}

/** A known kind becomes what its decoder makes of it; everything else is returned as it came, envelope included. */
export function decodeWireValue(value: unknown, decoders: ReadonlyMap<string, WireDecoder>): unknown {
  if (!isJsonObject(value) || typeof value["__wire__"] !== "string") return value;
  const decoder = decoders.get(value["__wire__"]);
  if (decoder === undefined) return value;
  return decoder(isJsonObject(value["data"]) ? value["data"] : {});
}
