import { type CapabilityEntry, type RuntimeKind, runtimeOf } from "@cjm/core";

/** One environment that is to be there, and the entries of capabilities.yaml that live in it. */
export interface EnvironmentPlan {
  readonly kind: RuntimeKind;
  /** For people and for the log's name: that of the environment, or of its only entry. */
  readonly label: string;
  readonly entries: readonly CapabilityEntry[];
  /** What is installed: `interface_libs`, the `lib` of adapters and `package` of all entries, each once. */
  readonly packages: readonly string[];
  /** What stands once for the whole environment: the first entry that says it. */
  readonly settings: Readonly<Partial<Record<Setting, string>>>;
  /** Why no environment can be what its entries say; null when there is none. */
  readonly conflict: string | null;
}

const SETTINGS = ["env_file", "python_version", "node_version", "wheels"] as const;
type Setting = (typeof SETTINGS)[number];

/** Entries of one kind with the same `env_name` share an environment; every other entry has its own. In order of the entries. */
export function planEnvironments(entries: readonly CapabilityEntry[]): readonly EnvironmentPlan[] {
  const groups = new Map<string, CapabilityEntry[]>();
  for (const entry of entries) {
    const key = entry.env_name === undefined ? `entry ${entry.name}` : `${runtimeOf(entry)} ${entry.env_name}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [planOf(group[0], group)]));
}

function planOf(first: CapabilityEntry, entries: readonly CapabilityEntry[]): EnvironmentPlan {
  const settings: Partial<Record<Setting, string>> = {};
  const conflicts: string[] = [];
  for (const setting of SETTINGS) {
    const said = entries.flatMap((entry) => (entry[setting] === undefined ? [] : [{ name: entry.name, value: entry[setting] }]));
    const [leading] = said;
    if (leading === undefined) continue;
    settings[setting] = leading.value;
    const other = said.find(({ value }) => value !== leading.value);
    if (other !== undefined) conflicts.push(`${setting} is '${leading.value}' for ${leading.name} and '${other.value}' for ${other.name}`);
  }
  return {
    kind: runtimeOf(first),
    label: entries.length === 1 ? first.name : (first.env_name ?? first.name),
    entries,
    packages: unique([
      ...entries.flatMap(({ interface_libs, adapters }) => [
        ...interface_libs,
        ...adapters.flatMap(({ lib }) => (lib === undefined ? [] : [lib])),
      ]),
      ...entries.map((entry) => entry.package),
    ]),
    settings,
    conflict:
      conflicts.length === 0
        ? null
        : `${entries.map(({ name }) => name).join(", ")} share the environment '${first.env_name}', but ${conflicts.join("; ")}`,
  };
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
