import { posix } from "node:path";
import type { DocumentInput } from "./graph-input.ts";

export interface DocumentLinks {
  /** Addresses of documents that links lead to, with how often: absolute paths, and pages of the web as `host/path`. */
  readonly addresses: ReadonlyMap<string, number>;
  /** Hosts that external links lead to, with how often. */
  readonly sites: ReadonlyMap<string, number>;
}

/** Where the links of a document lead: other documents, and sites. What cannot be understood leads nowhere. */
export function documentLinks(document: Pick<DocumentInput, "path" | "links">): DocumentLinks {
  const addresses = new Map<string, number>();
  const sites = new Map<string, number>();
  const count = (map: Map<string, number>, key: string | null): void => {
    if (key !== null) map.set(key, (map.get(key) ?? 0) + 1);
  };
  for (const { target, kind } of document.links) {
    if (kind === "relative") count(addresses, fileAddress(document.path, target));
    if (kind !== "external") continue;
    const page = webAddress(target);
    count(addresses, page);
    count(sites, page?.split("/", 1)[0] ?? null);
  }
  addresses.delete(document.path);
  return { addresses, sites };
}

/**
 * A page of the web as `host/path`, with what does not tell pages apart taken away: scheme, `www.`, query, fragment, `.git`,
 * a branch's name. Null for what is no page.
 */
export function webAddress(target: string): string | null {
  const url = URL.parse(target.startsWith("//") ? `https:${target}` : target);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") return null;
  const path = url.pathname
    .replace(/\/(?:tree|blob)\/(?:HEAD|main|master)(?=\/|$)/, "/tree/HEAD")
    .replace(/\/tree\/HEAD$/, "")
    .replace(/\/readme\.md$/i, "")
    .replace(/(\.git)?\/*$/, "");
  return `${url.hostname.replace(/^www\./, "")}${path}`;
}

function fileAddress(from: string, target: string): string | null {
  const path = target.split(/[?#]/, 1)[0] ?? "";
  if (path === "") return null;
  try {
    return posix.resolve(posix.dirname(from), decodeURIComponent(path));
  } catch {
    return posix.resolve(posix.dirname(from), path);
  }
}
