const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size as people read it: `812 B`, `3.4 MiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** How far a download is: `[########........]  52 %  6.8 of 13.1 MiB`; without a total, what has come. */
export function downloadBar({ receivedBytes, totalBytes }: { readonly receivedBytes: number; readonly totalBytes: number | null }): string {
  if (totalBytes === null || totalBytes === 0) return sizeText(receivedBytes);
  const part = Math.min(1, receivedBytes / totalBytes);
  const filled = Math.floor(part * WIDTH);
  return `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] ${String(Math.floor(part * 100)).padStart(3)} %  ${sizeText(receivedBytes)} of ${sizeText(totalBytes)}`;
}

const WIDTH = 24;
