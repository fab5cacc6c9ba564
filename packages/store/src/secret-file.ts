import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CjmError, escapeNonAscii, fileFault, isCjmError, systemErrorCode } from "@cjm/core";
import * as z from "zod";
import { withFileLock } from "./file-lock.ts";
import { replaceFile } from "./replace-file.ts";

const SecretsSchema = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.string())));

/** Value by scope, capability and key. Maps, because names come from outside and `constructor` is a name like any other. */
type Secrets = Map<string, Map<string, Map<string, string>>>;

const DEFAULT_SCOPE = "__default__";
const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NAME = /^[A-Za-z0-9@][A-Za-z0-9@._/-]{0,199}$/;

/**
 * Secrets of capabilities in `secrets.json`, the original's file: scope, capability name, key, value. Directory 0700, file
 * 0600, replaced whole on every change; processes that change it at the same time take turns. A file that cannot be
 * understood is refused and never overwritten.
 */
export class SecretFile {
  readonly #directory: string;
  readonly #path: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, "secrets.json");
  }

  /** @throws CjmError CJM_USAGE for a name that cannot be one */
  static checkNames(capabilityName: string, key: string): void {
    if (!NAME.test(capabilityName))
      throw new CjmError("CJM_USAGE", `'${capabilityName}' cannot be the name of a capability.`, {
        hint: "Use it as 'cjm-ctl list' shows it.",
      });
    if (!KEY.test(key))
      throw new CjmError("CJM_USAGE", `'${key}' cannot be the name of a secret.`, {
        hint: "Use letters, digits and _, not beginning with a digit: it becomes an environment variable.",
      });
  }

  /** Null when there is none. @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  get(capabilityName: string, key: string, scope: string = DEFAULT_SCOPE): string | null {
    return this.#read().get(scope)?.get(capabilityName)?.get(key) ?? null;
  }

  /** Names only, sorted. @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  list(capabilityName: string, scope: string = DEFAULT_SCOPE): readonly string[] {
    return [...(this.#read().get(scope)?.get(capabilityName)?.keys() ?? [])].sort();
  }

  /** @throws CjmError CJM_USAGE for a name that cannot be one, CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  set(capabilityName: string, key: string, value: string, scope: string = DEFAULT_SCOPE): void {
    SecretFile.checkNames(capabilityName, key);
    this.#change((secrets) => {
      const ofScope = secrets.get(scope) ?? new Map<string, Map<string, string>>();
      const ofCapability = ofScope.get(capabilityName) ?? new Map<string, string>();
      secrets.set(scope, ofScope.set(capabilityName, ofCapability.set(key, value)));
      return true;
    });
  }

  /** Whether there was one. What is empty afterwards goes too. @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  delete(capabilityName: string, key: string, scope: string = DEFAULT_SCOPE): boolean {
    if (this.get(capabilityName, key, scope) === null) return false;
    return this.#change((secrets) => {
      const ofScope = secrets.get(scope);
      const ofCapability = ofScope?.get(capabilityName);
      const deleted = ofCapability?.delete(key) ?? false;
      if (ofCapability?.size === 0) ofScope?.delete(capabilityName);
      if (ofScope?.size === 0) secrets.delete(scope);
      return deleted;
    });
  }

  #read(): Secrets {
    let text: string;
    try {
      this.#closeToOthers();
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return new Map();
      throw this.#failed("read", error);
    }
    const parsed = SecretsSchema.safeParse(parseOrNull(text));
    if (parsed.success) return mapsOf(parsed.data);
    // The cause is left out on purpose: its message could quote a secret.
    throw new CjmError("CJM_SECRET_STORE_CORRUPT", `The secret file ${this.#path} is damaged; it is left as it is.`, {
      hint: "Repair it, or move it aside and set the secrets again.",
    });
  }

  /** A file that others may read, left so by a copy or by an editor, is closed before it is used. */
  #closeToOthers(): void {
    if (process.platform === "win32" || (statSync(this.#path).mode & 0o077) === 0) return;
    chmodSync(this.#path, 0o600);
    chmodSync(this.#directory, 0o700);
  }

  /** Reads, changes and writes as one step; `change` says whether there is anything to write. */
  #change(change: (secrets: Secrets) => boolean): boolean {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      chmodSync(this.#directory, 0o700);
      return withFileLock(join(this.#directory, "secrets.lock"), () => {
        const secrets = this.#read();
        const changed = change(secrets);
        if (changed) replaceFile(this.#path, textOf(secrets));
        return changed;
      });
    } catch (error) {
      throw isCjmError(error) ? error : this.#failed("written", error);
    }
  }

  #failed(verb: string, error: unknown): CjmError {
    return new CjmError("CJM_STORE_FAILED", `The secret file ${this.#path} could not be ${verb}: ${fileFault(error)}.`, {
      hint: "Check that the disk has room and that folder and file are yours.",
      cause: error,
      details: { path: this.#path },
    });
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function mapsOf(document: z.infer<typeof SecretsSchema>): Secrets {
  return new Map(
    Object.entries(document).map(([scope, names]) => [
      scope,
      new Map(Object.entries(names).map(([name, keys]) => [name, new Map(Object.entries(keys))])),
    ]),
  );
}

/** Two-space indent, everything outside ASCII escaped, no line break at the end, as the original writes it. */
function textOf(secrets: Secrets): string {
  const document = Object.fromEntries(
    [...secrets].map(([scope, names]) => [scope, Object.fromEntries([...names].map(([name, keys]) => [name, Object.fromEntries(keys)]))]),
  );
  return escapeNonAscii(JSON.stringify(document, null, 2));
}
