import { errorMessage } from "./cjm-error.ts";

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is nothing of that name",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  EEXIST: "a file stands in its place",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "its disk is read-only",
  ENOSPC: "its disk is full",
  EDQUOT: "its owner may use no more of the disk",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is too long",
};

/** Why a file or folder could not be read or written, in words for a message that names it; anything else as `errorMessage`. */
export function fileFault(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return WORDS[code] ?? errorMessage(thrown);
}
