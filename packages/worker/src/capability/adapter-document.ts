import { AuthorError } from "./author-error.ts";
import { packageOf } from "./environment-modules.ts";
import type { AdapterInHand } from "./load-adapter.ts";

/** What an adapter asks of a tool, in the form in which manifests record it. Lists are sorted by name. */
interface ProtocolMembers {
  readonly methods: readonly { readonly name: string; readonly signature: string; readonly params: readonly string[] }[];
  readonly properties: readonly string[];
}

/** An adapter's manifest, without what only the installer knows. */
export interface AdapterDocument {
  readonly unit: "adapter";
  /** `<module>.<Class>`. */
  readonly name: string;
  readonly version: string;
  readonly task_name: string;
  readonly module: string;
  readonly class: string;
  /** Empty: what is required has no name of its own here. */
  readonly required_tool_protocol: string;
  readonly protocol_members: ProtocolMembers;
  readonly language: "node";
}

/** @throws AuthorError for a `requiredTool` that cannot be understood */
export function adapterDocument({ module, className, cls, task, url }: AdapterInHand): AdapterDocument {
  const version = packageOf(url)?.["version"];
  return {
    unit: "adapter",
    name: `${module}.${className}`,
    version: typeof version === "string" && version !== "" ? version : "0.0.0",
    task_name: task,
    module,
    class: className,
    required_tool_protocol: "",
    protocol_members: protocolMembers(className, Reflect.get(cls, "requiredTool")),
    language: "node",
  };
}

/** A class made with an `@cjm/capability` that knows no `requiredTool` requires nothing. */
function protocolMembers(className: string, required: unknown): ProtocolMembers {
  if (required === undefined) return { methods: [], properties: [] };
  const wrong = (reason: string): AuthorError =>
    new AuthorError(
      `${className}.requiredTool ${reason}.`,
      'Write it as { methods: { name: ["firstParameter"] }, properties: ["name"] }; both may be left out.',
    );
  if (!isRecord(required)) throw wrong("is no object: a class or an interface says nothing here");
  const { methods = {}, properties = [], ...others } = required;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`has a member '${unknown}', which means nothing`);
  if (!isRecord(methods)) throw wrong("has methods that are no object");
  if (!isNames(properties)) throw wrong("has properties that are no list of names");
  const sorted = Object.entries(methods).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    methods: sorted.map(([name, params]) => {
      if (!isNames(params)) throw wrong(`gives the method '${name}' no list of parameter names`);
      return { name, signature: `(${params.join(", ")})`, params };
    }),
    properties: [...properties].sort(),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string" && name !== "");
}
