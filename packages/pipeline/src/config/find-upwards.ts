import { access } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The nearest file of a name, from a folder upwards; null when no folder up to the root holds one. */
export async function findUpwards(from: string, name: string): Promise<string | null> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, name);
    const found = await access(candidate).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
    if (dirname(folder) === folder) return null;
  }
}
