import { functionParameters } from "./function-parameters.ts";

/** The public members of a class, as hosts match task adapters and notice changes with it. Lists are sorted by name. */
export interface StructuralSurface {
  readonly methods: readonly { readonly name: string; readonly signature: string; readonly params: readonly string[] }[];
  readonly properties: readonly string[];
  readonly attributes: readonly { readonly name: string; readonly type: string }[];
}

interface Class {
  readonly prototype: object;
}

/**
 * Methods, also static and inherited ones; getters as properties; static values as attributes. Names that begin with `_`
 * are private. What only instances have (fields, the actions) is not part of it, as in the original.
 */
export function structuralSurface(cls: Class): StructuralSurface {
  const methods = new Map<string, ReturnType<typeof functionParameters>>();
  const properties = new Set<string>();
  const attributes = new Map<string, string>();
  for (const [name, descriptor] of members(cls)) {
    const value: unknown = descriptor.value;
    if (descriptor.get !== undefined || descriptor.set !== undefined) properties.add(name);
    else if (typeof value === "function" && !isClass(value)) methods.set(name, functionParameters(value as () => unknown));
    else attributes.set(name, typeName(value));
  }
  return {
    methods: sorted(methods).map(([name, { signature, names }]) => ({ name, signature, params: names })),
    properties: [...properties].sort(),
    attributes: sorted(attributes).map(([name, type]) => ({ name, type })),
  };
}

/** What every function has; a class is one. */
const OF_EVERY_FUNCTION = new Set(["length", "name", "prototype"]);

/** Every public member once; the class nearest to `cls` wins, and an instance's member goes before a static one. */
function members(cls: Class): ReadonlyMap<string, PropertyDescriptor> {
  const instance = chain(cls.prototype, Object.prototype).filter(([name]) => name !== "constructor");
  const statics = chain(cls, Function.prototype).filter(([name]) => !OF_EVERY_FUNCTION.has(name));
  const found = new Map<string, PropertyDescriptor>();
  for (const [name, descriptor] of [...instance, ...statics]) {
    if (!name.startsWith("_") && !found.has(name)) found.set(name, descriptor);
  }
  return found;
}

function chain(from: object, end: object): [string, PropertyDescriptor][] {
  const entries: [string, PropertyDescriptor][] = [];
  for (let at: object | null = from; at !== null && at !== end; at = Object.getPrototypeOf(at) as object | null) {
    entries.push(...Object.entries(Object.getOwnPropertyDescriptors(at)));
  }
  return entries;
}

function isClass(value: unknown): boolean {
  return Function.prototype.toString.call(value).startsWith("class");
}

function typeName(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return value.constructor?.name ?? "object";
}

function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
