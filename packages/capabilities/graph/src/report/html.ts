import { encodeXML } from "entities";

/** Markup that is safe to put into a page as it stands. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[];

/** Template for markup: whatever is put in is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + (index === 0 ? "" : partText(parts[index - 1] ?? "")) + string, ""));
}

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "number" || typeof part === "string") return encodeXML(String(part));
  return part.map(({ text }) => text).join("");
}

const NUMBER = new Intl.NumberFormat("en");

export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** `1.4 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
