import type { Link } from "./document.ts";

/** A link as it stands in a document; null for what leads nowhere, such as `javascript:`. */
export function linkTo(text: string, target: string): Link | null {
  const trimmed = target.trim();
  if (trimmed === "" || /^(javascript|data|vbscript):/i.test(trimmed)) return null;
  return { text: text.replace(/\s+/g, " ").trim(), target: trimmed, kind: kindOf(trimmed) };
}

function kindOf(target: string): Link["kind"] {
  if (target.startsWith("#")) return "anchor";
  if (/^mailto:/i.test(target)) return "email";
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return "external";
  return "relative";
}
