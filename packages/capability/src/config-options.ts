/** One value that a field of the configuration can take. */
export interface ConfigOption {
  readonly value: unknown;
  /** For people. @default the value as text */
  readonly label?: string;
  /** Whatever helps to choose, such as a size or a price. @default {} */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What can be chosen, per field of the configuration. `constraints` narrow the field's schema. @default {} */
export type ConfigOptions = Readonly<
  Record<string, { readonly options: readonly ConfigOption[]; readonly constraints?: Readonly<Record<string, unknown>> }>
>;
