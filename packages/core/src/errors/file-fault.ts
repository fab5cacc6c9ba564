import { errorMessage } from "./cjm-error.ts";
import { systemErrorCode } from "./system-error-code.ts";

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
  return WORDS[systemErrorCode(thrown) ?? ""] ?? errorMessage(thrown);
}
