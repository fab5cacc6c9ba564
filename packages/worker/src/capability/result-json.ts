/** A result that JSON cannot hold. Says where in the result, and what to return instead. A `TypeError`, as in the original. */
export class UnserialisableError extends TypeError {
  override readonly name = "UnserialisableError";
}

interface WireValueLike {
  readonly kind: string;
  readonly data: unknown;
}

/** The brand of `wireValue` in `@cjm/capability`, of whichever copy. */
const WIRE_BRAND = Symbol.for("cjm.wire-value");

/**
 * JSON text of a result; a typed one in its envelope `{"__wire__": kind, "data": ...}`, one inside of it as its plain data.
 * Unlike `JSON.stringify` it refuses what would be lost silently: NaN, functions, maps, sets, binary. `undefined` is null,
 * and left out of objects.
 * @throws UnserialisableError
 */
export function resultJson(value: unknown): string {
  return textOf(value, new ResultCheck("result", false));
}

/**
 * JSON text of one chunk of a stream: as above, but for bare `NaN` and `Infinity`, which may stand in a stream, and for the
 * key `_job_error`, which may not.
 * @throws UnserialisableError
 */
export function chunkJson(value: unknown): string {
  if (typeof value === "object" && value !== null && !isWireValue(value) && Object.hasOwn(value, "_job_error")) {
    throw refusal("chunk", "has the key _job_error, which readers take for the end by an error", "Name it otherwise, or throw.");
  }
  return textOf(value, new ResultCheck("chunk", true));
}

function textOf(value: unknown, check: ResultCheck): string {
  const plain = isWireValue(value) ? { __wire__: value.kind, data: value.data } : value;
  check.visit(plain);
  const { isPlain, nonFiniteMark } = check;
  const text = JSON.stringify(plain, isPlain ? undefined : (_key, inner) => asJson(inner, nonFiniteMark)) ?? "null";
  return nonFiniteMark === null ? text : text.replace(new RegExp(`"${nonFiniteMark}(NaN|-?Infinity)"`, "g"), "$1");
}

function isWireValue(value: unknown): value is WireValueLike {
  return typeof value === "object" && value !== null && WIRE_BRAND in value;
}

function asJson(value: unknown, nonFiniteMark: string | null): unknown {
  // Integers on the wire have no bound.
  if (typeof value === "bigint") return (JSON as JsonWithRaw).rawJSON(value.toString());
  if (typeof value === "number" && !Number.isFinite(value) && nonFiniteMark !== null) return `${nonFiniteMark}${value}`;
  return isWireValue(value) ? value.data : value;
}

/** Not yet in TypeScript's own library. */
type JsonWithRaw = JSON & { rawJSON(text: string): unknown };

class ResultCheck {
  /** Nothing was seen that `JSON.stringify` must be helped with. */
  isPlain = true;
  /** Stands before a number that JSON does not have, until the text is made; null when there is none. Nobody can guess it. */
  nonFiniteMark: string | null = null;
  readonly #name: string;
  readonly #allowsNonFinite: boolean;
  readonly #ancestors = new Set<object>();

  constructor(name: string, allowsNonFinite: boolean) {
    this.#name = name;
    this.#allowsNonFinite = allowsNonFinite;
  }

  /** @throws UnserialisableError */
  visit(value: unknown, path: string = this.#name): void {
    switch (typeof value) {
      case "number":
        if (Number.isFinite(value)) return;
        if (!this.#allowsNonFinite) throw refusal(path, `is ${value}, which JSON does not have`, "Return null or a text instead.");
        this.isPlain = false;
        // Loaded only now: Node's crypto is large, and such numbers are rare.
        this.nonFiniteMark ??= `cjm-${process.getBuiltinModule("node:crypto").randomUUID()}:`;
        return;
      case "bigint":
        this.isPlain = false;
        return;
      case "function":
      case "symbol":
        throw refusal(path, `is a ${typeof value}`, "Return data.");
      case "object":
        if (value !== null) this.#visitObject(value, path);
        return;
      default:
        return;
    }
  }

  #visitObject(value: object, path: string): void {
    refuseBinary(value, path);
    if (isWireValue(value)) {
      this.isPlain = false;
      this.visit(value.data, path);
      return;
    }
    if ("toJSON" in value && typeof value.toJSON === "function") return;
    if (this.#ancestors.has(value)) throw refusal(path, "contains itself", "Return a tree.");
    this.#ancestors.add(value);
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) this.visit(item, `${path}[${index}]`);
    } else {
      refuseUnlikeJson(value, path);
      for (const [key, item] of Object.entries(value)) this.visit(item, `${path}.${key}`);
    }
    this.#ancestors.delete(value);
  }
}

/** Before `toJSON` is asked: a Buffer has one, and its list of numbers is never what was meant. */
function refuseBinary(value: object, path: string): void {
  if (!ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) return;
  throw refusal(path, `is binary (${value.constructor.name})`, "Write a file and return its path, or return base64 text.");
}

function refuseUnlikeJson(value: object, path: string): void {
  if (value instanceof Promise) throw refusal(path, "is a promise", "Await it before returning.");
  if (Symbol.iterator in value || Symbol.asyncIterator in value || value instanceof WeakMap || value instanceof WeakSet) {
    const name = value.constructor?.name ?? "object";
    throw refusal(path, `is a ${name}, which JSON does not have`, "Return an array or a plain object, such as [...value].");
  }
}

function refusal(path: string, problem: string, hint: string): UnserialisableError {
  return new UnserialisableError(`${path} ${problem}. ${hint}`);
}
