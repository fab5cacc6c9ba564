/** JSON text on its way between the threads: as text, or as UTF-8 in a buffer of its own that is handed over. */
export type ThreadJson = string | Uint8Array;

/** Up to here a text is copied faster than a buffer is handed over, in UTF-16 units. */
export const TEXT_LIMIT = 64 * 1024;

export function threadJson(text: string): ThreadJson {
  return text.length <= TEXT_LIMIT ? text : new TextEncoder().encode(text);
}

/** What is handed over instead of copied. */
export function transferOf(json: ThreadJson): ArrayBuffer[] {
  return typeof json === "string" ? [] : [json.buffer as ArrayBuffer];
}
