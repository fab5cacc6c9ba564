import { isJsonObject } from "@cjm/core";
import type { Introspection } from "@cjm/environments";

/** What a host would see of a capability, line by line. */
export function reportLines(report: Introspection, language: "node" | "python"): readonly string[] {
  const actions = report.actions ?? [];
  const width = Math.max(0, ...actions.map((action) => action.name.length + parameters(action.input_schema).length + 1));
  const config = properties(report.config_schema);
  const secrets = (report.worker_env ?? []).map(({ name, secret }) => (secret === true ? `${name} (secret)` : name));
  return [
    `${report.name} ${report.version}, ${language === "node" ? "Node" : "Python"}, class ${report.class} of ${report.module}`,
    ...(report.description === "" ? [] : [report.description]),
    ...(actions.length === 0 ? [] : ["actions"]),
    ...actions.map(
      (action) =>
        `  ${`${action.name} ${parameters(action.input_schema)}`.padEnd(width)}  ${action.description}${action.streams ? " (streams)" : ""}`,
    ),
    ...(Object.keys(config).length === 0 ? [] : ["configuration"]),
    ...Object.entries(config).map(([name, schema]) => `  ${name}${described(schema)}`),
    ...(secrets.length === 0 ? [] : [`environment ${secrets.join(", ")}`]),
  ];
}

/** `{text, times?}` */
function parameters(schema: unknown): string {
  const required: unknown = isJsonObject(schema) ? schema["required"] : [];
  const names = Object.keys(properties(schema)).map((name) => (Array.isArray(required) && required.includes(name) ? name : `${name}?`));
  return `{${names.join(", ")}}`;
}

function properties(schema: unknown): Readonly<Record<string, unknown>> {
  const found = isJsonObject(schema) ? schema["properties"] : null;
  return isJsonObject(found) ? found : {};
}

function described(schema: unknown): string {
  if (!isJsonObject(schema)) return "";
  const { type, default: value, description } = schema;
  const facts = [
    ...(type === undefined ? [] : [[type].flat().map(String).join(" or ")]),
    ...(value === undefined ? [] : [`default ${JSON.stringify(value)}`]),
    ...(typeof description === "string" ? [description] : []),
  ];
  return facts.length === 0 ? "" : `  ${facts.join(", ")}`;
}
