export type { Step, StepRunner } from "./build/step-runner.ts";
export { type Environment, EnvironmentStore } from "./environment-store.ts";
export { type InstallEvent, type InstallOptions, type InstallOutcome, installAll } from "./install-all.ts";
export type { Introspection, Introspector } from "./introspection.ts";
export type { BuildRequest, BuiltEnvironment, EnvironmentProvider } from "./providers/environment-provider.ts";
