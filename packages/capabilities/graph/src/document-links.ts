import { posix } from "node:path";
import type { DocumentInput } from "./graph-input.ts";

export interface DocumentLinks {
  /** Absolute paths that relative links lead to, with how often. */
  readonly files: ReadonlyMap<string, number>;
  /** Hosts that external links lead to, with how often. */
  readonly sites: ReadonlyMap<string, number>;
}

/** Where the links of a document lead: other files, and sites. What cannot be understood leads nowhere. */
export function documentLinks(document: Pick<DocumentInput, "path" | "links">): DocumentLinks {
  const files = new Map<string, number>();
  const sites = new Map<string, number>();
  for (const { target, kind } of document.links) {
    const site = kind === "external" ? hostOf(target) : null;
    const file = kind === "relative" ? fileOf(document.path, target) : null;
    if (site !== null) sites.set(site, (sites.get(site) ?? 0) + 1);
    if (file !== null && file !== document.path) files.set(file, (files.get(file) ?? 0) + 1);
  }
  return { files, sites };
}

function hostOf(target: string): string | null {
  const url = URL.parse(target.startsWith("//") ? `https:${target}` : target);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return null;
  return url.hostname.replace(/^www\./, "");
}

function fileOf(from: string, target: string): string | null {
  const path = target.split(/[?#]/, 1)[0] ?? "";
  if (path === "") return null;
  try {
    return posix.resolve(posix.dirname(from), decodeURIComponent(path));
  } catch {
    return posix.resolve(posix.dirname(from), path);
  }
}
