import { CapabilityInputError } from "@cjm/capability";

export interface DecodedText {
  readonly text: string;
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
  readonly warnings: readonly string[];
}

const PROBE_BYTES = 64 * 1024;

/**
 * Text of a file's bytes: a byte order mark decides, then valid UTF-8, and what is neither is read as Windows-1252, which
 * reads anything.
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
    return {
      text: decode("windows-1252", bytes),
      encoding: "windows-1252",
      warnings: ["the file is no valid UTF-8; it was read as Windows-1252"],
    };
  }
}

function decode(encoding: string, bytes: Uint8Array): string {
  return new TextDecoder(encoding).decode(bytes);
}
