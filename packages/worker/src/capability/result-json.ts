/** A result that JSON cannot hold. Says where in the result, and what to return instead. */
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
 * JSON text of a result; a typed one in its envelope `{"__wire__": kind, "data": ...}`. Unlike `JSON.stringify` it refuses
 * what would be lost silently: NaN, functions, maps, sets, binary. `undefined` is null, and left out of objects.
 * @throws UnserialisableError
 */
export function resultJson(value: unknown): string {
  const plain = isWireValue(value) ? { __wire__: value.kind, data: value.data } : value;
  const check = new ResultCheck();
  check.visit(plain, "result");
  return (check.sawBigint ? JSON.stringify(plain, bigintAsNumber) : JSON.stringify(plain)) ?? "null";
}

function isWireValue(value: unknown): value is WireValueLike {
  return typeof value === "object" && value !== null && WIRE_BRAND in value;
}

/** Integers on the wire have no bound. */
function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? (JSON as JsonWithRaw).rawJSON(value.toString()) : value;
}

/** Not yet in TypeScript's own library. */
type JsonWithRaw = JSON & { rawJSON(text: string): unknown };

class ResultCheck {
  sawBigint = false;
  readonly #ancestors = new Set<object>();

  visit(value: unknown, path: string): void {
    switch (typeof value) {
      case "number":
        if (!Number.isFinite(value)) throw refusal(path, `is ${value}, which JSON does not have`, "Return null or a text instead.");
        return;
      case "bigint":
        this.sawBigint = true;
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
