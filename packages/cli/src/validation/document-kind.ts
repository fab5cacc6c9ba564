import { basename, extname } from "node:path";
import { isSourceFile } from "./source/source-target.ts";

/** What `cjm-ctl validate` can check. */
export const DOCUMENT_KINDS = ["composition", "capabilities", "config", "manifest", "capability"] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

const CONFIG_KEYS = ["data_dir", "runtime", "capabilities_config", "models_dir", "substrate"];

/** What a file is by its name and its top-level keys; null when neither says. `capability` is the source of one. */
export function documentKind(path: string, topLevelKeys: readonly string[]): DocumentKind | null {
  if (isSourceFile(path)) return "capability";
  if (extname(path) === ".json") return "manifest";
  if (topLevelKeys.includes("nodes")) return "composition";
  if (topLevelKeys.includes("capabilities")) return "capabilities";
  if (basename(path) === "cjm.yaml" || topLevelKeys.some((key) => CONFIG_KEYS.includes(key))) return "config";
  return basename(path).startsWith("capabilities.") ? "capabilities" : null;
}
