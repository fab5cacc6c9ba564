import type { DiscoveredCapability } from "@cjm/host";
import type { Colors } from "../terminal/terminal.ts";

/** A capability for programs. */
export function capabilityJson({ name, version, description, manifest, path }: DiscoveredCapability) {
  const { install, code } = manifest;
  return {
    name,
    version,
    description,
    manifestPath: path,
    runtime: install.runtime,
    worker: install.worker,
    interpreter: install.python_path,
    environment: install.environment_path,
    actions: code.actions ?? [],
    workerEnv: code.worker_env ?? [],
    configSchema: code.config_schema ?? null,
  };
}

/** A capability for people: what it is, where it lies, what it can be asked, what it wants to know. */
export function capabilityLines(capability: DiscoveredCapability, { bold, dim, cyan }: Colors): readonly string[] {
  const { install, code } = capability.manifest;
  const actions = code.actions ?? [];
  return [
    `${bold(capability.name)} ${capability.version}`,
    ...(capability.description === "" ? [] : [capability.description]),
    "",
    dim(`runtime      ${install.runtime}, ${install.python_path}`),
    dim(`environment  ${install.environment_path ?? "-"}`),
    dim(`manifest     ${capability.path}`),
    "",
    actions.length === 0 ? "Its manifest lists no actions." : bold("Actions"),
    ...actions.flatMap((action) => [
      `  ${cyan(action.name)}${action.streams ? dim(" (streams)") : ""}${action.description === "" ? "" : `  ${action.description}`}`,
      ...parameters(action.input_schema ?? {}).map((parameter) => dim(`      ${parameter}`)),
    ]),
    ...secretLines(capability, bold),
  ];
}

function secretLines({ name, manifest }: DiscoveredCapability, bold: (text: string) => string): readonly string[] {
  const wanted = manifest.code.worker_env ?? [];
  if (wanted.length === 0) return [];
  return [
    "",
    bold("Environment"),
    ...wanted.map(
      (entry) =>
        `  ${entry.name}${entry.required ? " (required)" : ""}${entry.description === "" ? "" : `  ${entry.description}`}${entry.secret ? `  set it with: cjm-ctl set-secret ${name} ${entry.name}` : ""}`,
    ),
  ];
}

function parameters(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const properties = schema["properties"];
  if (typeof properties !== "object" || properties === null) return [];
  return Object.entries(properties as Record<string, Readonly<Record<string, unknown>>>).map(([name, property]) => {
    const type = typeof property["type"] === "string" ? property["type"] : "any";
    const fallback = property["default"] === undefined ? "" : `, default ${JSON.stringify(property["default"])}`;
    const description = typeof property["description"] === "string" ? `  ${property["description"]}` : "";
    return `${name}: ${type}${required.includes(name) && fallback === "" ? ", required" : fallback}${description}`;
  });
}
