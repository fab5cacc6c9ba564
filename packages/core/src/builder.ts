/** Compositions written in TypeScript: `@cjm/core/builder`. */
export type { BuilderCondition } from "./composition/builder/builder-condition.ts";
export type { CompositionDocument } from "./composition/builder/built-composition.ts";
export {
  type BuilderScope,
  CompositionBuilder,
  type CompositionRules,
  composition,
} from "./composition/builder/composition-builder.ts";
export { type CallRules, call, each, type FanOutRules, type NodeBuilder, part } from "./composition/builder/node-builder.ts";
export {
  type AnyReference,
  type BuilderValue,
  field,
  firstOf,
  type Referenced,
  type ReferenceTo,
  TextWithReferences,
  text,
} from "./composition/builder/reference-value.ts";
