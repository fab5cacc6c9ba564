import { isMap, isSeq, parseDocument } from "yaml";
import { usageError } from "../usage-error.ts";

export interface NewEntry {
  readonly name: string;
  readonly runtime: "node" | "venv";
  /** As it is to stand in the file. */
  readonly package: string;
}

/**
 * The text of a capabilities.yaml with one more entry. Comments and order of the rest stay.
 * @returns the same text when exactly this entry is there
 * @throws CjmError CJM_USAGE when the name is another entry's, or the file is no capabilities.yaml
 */
export function addEntry(text: string, entry: NewEntry, path: string): string {
  const document = parseDocument(text, { version: "1.1" });
  if (document.errors.length === 0 && document.contents === null) return addEntry(`${text}capabilities: []\n`, entry, path);
  const list = document.get("capabilities", true) ?? null;
  if (document.errors.length > 0 || !(list === null || isSeq(list) || isNull(list))) {
    throw usageError(`${path} has no list 'capabilities' that an entry could be added to.`, `Correct it first: cjm-ctl validate ${path}`);
  }
  if (isSeq(list)) {
    const same = list.items.find((item) => isMap(item) && item.get("name") === entry.name);
    if (isMap(same)) {
      if (same.get("package") === entry.package) return text;
      throw usageError(`${path} has an entry '${entry.name}' already, for ${String(same.get("package"))}.`, "Choose another name.");
    }
  }
  const node = document.createNode({ ...entry });
  if (isSeq(list)) {
    list.flow = list.items.length > 0 && list.flow === true;
    if (list.items.length > 0 && !list.flow) node.spaceBefore = true;
    list.add(node);
  } else {
    document.set("capabilities", document.createNode([entry]));
  }
  return document.toString({ lineWidth: 0, indentSeq: !/^capabilities:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*- /m.test(text) });
}

function isNull(node: unknown): boolean {
  return typeof node === "object" && node !== null && "value" in node && node.value === null;
}
