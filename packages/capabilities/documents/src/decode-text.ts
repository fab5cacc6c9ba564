import { CapabilityInputError } from "@cjm/capability";

export interface DecodedText {
  readonly text: string;
  /** As the Encoding Standard names it. */
  readonly encoding: string;
  readonly warnings: readonly string[];
}

const PROBE_BYTES = 64 * 1024;

/**
 * Text of a file's bytes: a byte order mark decides, then valid UTF-8, then what an HTML page says of itself; all else is read
 * as Windows-1252, which reads anything.
 * @throws CapabilityInputError for what is no text
 */
export function decodeText(bytes: Uint8Array, path: string): DecodedText {
  if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: decode("utf-16le", bytes), encoding: "utf-16le", warnings: [] };
  if (bytes.length >= 2 && bytes[0] === 0xfe && bytes[1] === 0xff)
    return { text: decode("utf-16be", bytes), encoding: "utf-16be", warnings: [] };
  const probe = bytes.subarray(0, PROBE_BYTES);
  const nul = probe.indexOf(0);
  if (nul !== -1) {
    throw new CapabilityInputError(`${path} is no text: it has a NUL byte at offset ${nul}. Leave it out, or convert it to text first.`, {
      fields: ["path"],
    });
  }
  const control = probe.filter((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27).length;
  if (control > probe.length / 20) {
    throw new CapabilityInputError(
      `${path} is no text: ${Math.round((control / probe.length) * 100)} % of its bytes are control characters. Leave it out.`,
      { fields: ["path"] },
    );
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "utf-8", warnings: [] };
  } catch {
    const declared = declaredEncoding(probe);
    if (declared !== null) return { text: decode(declared, bytes), encoding: declared, warnings: [] };
    return {
      text: decode("windows-1252", bytes),
      encoding: "windows-1252",
      warnings: ["the file is no valid UTF-8; it was read as Windows-1252"],
    };
  }
}

/** https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding, for well-formed tags */
function declaredEncoding(probe: Uint8Array): string | null {
  const start = decode("windows-1252", probe.subarray(0, 1024));
  const label = /<meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w-]{1,40})/i.exec(start)?.[1];
  if (label === undefined) return null;
  try {
    const { encoding } = new TextDecoder(label);
    return encoding === "utf-8" || encoding.startsWith("utf-16") ? null : encoding;
  } catch {
    return null;
  }
}

function decode(encoding: string, bytes: Uint8Array): string {
  return new TextDecoder(encoding).decode(bytes);
}
