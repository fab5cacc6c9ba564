import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CjmError, errorMessage } from "@cjm/core";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";

const SecretsSchema = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.string())));
type Secrets = z.infer<typeof SecretsSchema>;

const DEFAULT_SCOPE = "__default__";
const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Secrets of capabilities in `secrets.json`, the original's file: scope, capability name, key, value. Directory 0700, file
 * 0600, replaced whole on every change. A file that cannot be understood is refused and never overwritten.
 */
export class SecretFile {
  readonly #directory: string;
  readonly #path: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, "secrets.json");
  }

  /** Null when there is none. @throws CjmError CJM_SECRET_STORE_CORRUPT */
  get(capabilityName: string, key: string, scope: string = DEFAULT_SCOPE): string | null {
    return this.#read()[scope]?.[capabilityName]?.[key] ?? null;
  }

  /** Names only, sorted. @throws CjmError CJM_SECRET_STORE_CORRUPT */
  list(capabilityName: string, scope: string = DEFAULT_SCOPE): readonly string[] {
    return Object.keys(this.#read()[scope]?.[capabilityName] ?? {}).sort();
  }

  /** @throws CjmError CJM_USAGE for a key that cannot be an environment variable, CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  set(capabilityName: string, key: string, value: string, scope: string = DEFAULT_SCOPE): void {
    if (!KEY.test(key))
      throw new CjmError("CJM_USAGE", `'${key}' cannot be the name of a secret.`, {
        hint: "Use letters, digits and _, not beginning with a digit: it becomes an environment variable.",
      });
    const secrets = this.#read();
    const ofScope = secrets[scope] ?? {};
    this.#write({ ...secrets, [scope]: { ...ofScope, [capabilityName]: { ...ofScope[capabilityName], [key]: value } } });
  }

  /** Whether there was one. @throws CjmError CJM_SECRET_STORE_CORRUPT, CJM_STORE_FAILED */
  delete(capabilityName: string, key: string, scope: string = DEFAULT_SCOPE): boolean {
    const secrets = this.#read();
    const { [key]: removed, ...rest } = secrets[scope]?.[capabilityName] ?? {};
    if (removed === undefined) return false;
    this.#write(withoutEmpty({ ...secrets, [scope]: { ...secrets[scope], [capabilityName]: rest } }));
    return true;
  }

  #read(): Secrets {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT") return {};
      throw new CjmError("CJM_STORE_FAILED", `The secret file ${this.#path} cannot be read: ${errorMessage(error)}.`, { cause: error });
    }
    const parsed = SecretsSchema.safeParse(parseOrNull(text));
    if (parsed.success) return parsed.data;
    // The cause is left out on purpose: its message could quote a secret.
    throw new CjmError("CJM_SECRET_STORE_CORRUPT", `The secret file ${this.#path} is damaged; it is left as it is.`, {
      hint: "Repair it, or move it aside and set the secrets again.",
    });
  }

  #write(secrets: Secrets): void {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      chmodSync(this.#directory, 0o700);
      writeFileAtomic.sync(this.#path, JSON.stringify(secrets, null, 2).replace(/[\u007f-\uffff]/g, escapeUnit), { mode: 0o600 });
    } catch (error) {
      throw new CjmError("CJM_STORE_FAILED", `The secret file ${this.#path} could not be written: ${errorMessage(error)}.`, {
        cause: error,
      });
    }
  }
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function withoutEmpty(secrets: Secrets): Secrets {
  const scopes = Object.entries(secrets).map(
    ([scope, names]) => [scope, Object.fromEntries(Object.entries(names).filter(([, keys]) => Object.keys(keys).length > 0))] as const,
  );
  return Object.fromEntries(scopes.filter(([, names]) => Object.keys(names).length > 0));
}
