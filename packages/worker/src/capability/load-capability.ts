import type { CapabilityDeclaration, CapabilityIdentity, CapabilityPort, ToolCapability } from "@cjm/capability";
import { AuthorError } from "./author-error.ts";
import { dependencyPackage, type EnvironmentModules, packageOf } from "./environment-modules.ts";

/** The capability's class, its one instance, and what is known of them. */
export interface CapabilityInHand {
  readonly className: string;
  readonly cls: new () => ToolCapability;
  readonly instance: ToolCapability;
  readonly port: CapabilityPort;
  readonly declaration: CapabilityDeclaration;
  readonly identity: CapabilityIdentity;
}

/** Under this symbol a capability of whichever copy of `@cjm/capability` answers to its worker. */
const PORT = Symbol.for("cjm.capability.port.1");

/** Imports the module, finds the capability class, makes its instance and checks what it declares. @throws AuthorError */
export async function loadCapability(
  modules: EnvironmentModules,
  target: { readonly module: string; readonly className: string | null },
): Promise<CapabilityInHand> {
  const { url, exports } = await modules.import(target.module);
  const [className, cls] =
    target.className === null ? onlyCapability(target.module, exports) : namedCapability(target.module, target.className, exports);
  const instance = construct(className, cls);
  const port = instance[PORT as never] as unknown as () => CapabilityPort;
  const answered = port.call(instance);
  refuseMistakes(answered);
  const declaration = answered.declaration();
  const identity = identityOf(className, declaration, url);
  answered.attach(identity);
  return { className, cls, instance, port: answered, declaration, identity };
}

type CapabilityClass = new () => ToolCapability;

function onlyCapability(module: string, exports: Readonly<Record<string, unknown>>): [string, CapabilityClass] {
  const found = Object.entries(exports).filter((entry): entry is [string, CapabilityClass] => isCapabilityClass(entry[1]));
  const [first] = found;
  if (first === undefined) {
    const names = Object.keys(exports).join(", ") || "nothing";
    throw new AuthorError(
      `${module} exports no capability class. It exports: ${names}.`,
      "Write `export class MyCapability extends ToolCapability { ... }` in the package's entry.",
    );
  }
  const different = new Set(found.map(([, cls]) => cls));
  if (different.size > 1) {
    throw new AuthorError(
      `${module} exports ${different.size} capability classes: ${found.map(([name]) => name).join(", ")}.`,
      "A package holds one capability. Export one of them, or name it with --class.",
    );
  }
  return first;
}

function namedCapability(module: string, className: string, exports: Readonly<Record<string, unknown>>): [string, CapabilityClass] {
  const value = exports[className];
  if (isCapabilityClass(value)) return [className, value];
  const names = Object.keys(exports).join(", ") || "nothing";
  if (value === undefined) {
    throw new AuthorError(
      `${module} exports no ${className}. It exports: ${names}.`,
      "Export the class from the package's entry under that name.",
    );
  }
  throw new AuthorError(
    `${className} of ${module} is no capability.`,
    "Let it extend ToolCapability of a @cjm/capability that this worker knows (its 0.x and 1.x).",
  );
}

/** The base class itself, re-exported by an author, is none. */
function isCapabilityClass(value: unknown): value is CapabilityClass {
  if (typeof value !== "function" || typeof value.prototype !== "object" || value.prototype === null) return false;
  return PORT in value.prototype && !Object.hasOwn(value.prototype as object, PORT);
}

function construct(className: string, cls: CapabilityClass): ToolCapability {
  try {
    return new cls();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AuthorError(
      `new ${className}() failed: ${reason}`,
      "A capability is made without arguments and without its configuration. Open what it needs in initialize().",
      { cause: error },
    );
  }
}

function refuseMistakes(port: CapabilityPort): void {
  const mistakes = port.mistakes();
  if (mistakes.length === 0) return;
  throw new AuthorError(
    mistakes.map((mistake) => mistake.message).join(" "),
    [...new Set(mistakes.map((mistake) => mistake.hint))].join(" "),
    { mistakes },
  );
}

function identityOf(className: string, declaration: CapabilityDeclaration, url: string): CapabilityIdentity {
  const manifest = packageOf(url) ?? {};
  const text = (key: string): string | null => (typeof manifest[key] === "string" && manifest[key] !== "" ? manifest[key] : null);
  return {
    name: declaration.name ?? text("name")?.replace(/^@[^/]*\//, "") ?? className,
    version: declaration.version ?? text("version") ?? "0.0.0",
    description: declaration.description ?? text("description") ?? "",
    get dependencies() {
      return dependencyVersions(manifest, url);
    },
  };
}

/** Versions as the capability's own module gets them; what is declared and not installed is left out. */
function dependencyVersions(manifest: Readonly<Record<string, unknown>>, url: string): Record<string, string> {
  const declared = ["dependencies", "peerDependencies", "optionalDependencies"].flatMap((key) =>
    Object.keys((manifest[key] as object | undefined) ?? {}),
  );
  const versions = [...new Set(declared)].sort().map((name) => [name, dependencyPackage(name, url)?.["version"]]);
  return Object.fromEntries(versions.filter(([, version]) => typeof version === "string")) as Record<string, string>;
}
