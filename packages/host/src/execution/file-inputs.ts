import { fileURLToPath } from "node:url";
import { CjmError, type JsonObject, type JsonValue } from "@cjm/core";

/** A value that a worker gets as a file: it writes itself somewhere and says where. Whoever owns it deletes the file. */
export interface FileBacked {
  /** Absolute path. */
  toTempFile(): string | Promise<string>;
}

/** Arguments of a call before they go over the wire. Files stand at the top level only, as in the original. */
export type CallArguments = Readonly<Record<string, JsonValue | FileBacked | URL>>;

/**
 * Puts paths in the place of file-backed values and `file:` URLs.
 * @throws CjmError CJM_INPUT_INVALID for a URL of another kind
 */
export async function resolveFileInputs(args: CallArguments): Promise<JsonObject> {
  const entries = Object.entries(args).map(async ([name, value]): Promise<[string, JsonValue]> => [name, await resolved(name, value)]);
  return Object.fromEntries(await Promise.all(entries));
}

async function resolved(name: string, value: JsonValue | FileBacked | URL): Promise<JsonValue> {
  if (value instanceof URL) {
    if (value.protocol === "file:") return fileURLToPath(value);
    throw new CjmError("CJM_INPUT_INVALID", `${name} is a URL of ${value.protocol}// and no file.`, {
      hint: "Pass it as text if the capability reads URLs itself.",
      details: { fieldsInvalid: [name] },
    });
  }
  return isFileBacked(value) ? await value.toTempFile() : value;
}

function isFileBacked(value: JsonValue | FileBacked): value is FileBacked {
  return typeof value === "object" && value !== null && "toTempFile" in value && typeof value.toTempFile === "function";
}
