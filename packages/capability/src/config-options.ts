/** One value that a field of the configuration can take. */
export interface ConfigOption {
  readonly value: unknown;
  readonly label?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What can be chosen, per field of the configuration. */
export type ConfigOptions = Readonly<
  Record<string, { readonly options: readonly ConfigOption[]; readonly constraints: Readonly<Record<string, unknown>> }>
>;
