import type { CapabilityEntry, RuntimeKind } from "@cjm/core";
import type { StepRunner } from "../build/step-runner.ts";

export interface BuildRequest {
  readonly entry: CapabilityEntry;
  /** Folder of capabilities.yaml, which relative paths are relative to. */
  readonly baseDir: string;
  /** Empty folder in which the environment is made. */
  readonly folder: string;
  readonly steps: StepRunner;
}

export interface BuiltEnvironment {
  /** Interpreter of the environment: absolute, or relative to its folder. */
  readonly interpreter: string;
  /** What the package manager resolved; its hash is the environment's identity. No paths of this machine. */
  readonly resolved: unknown;
  /** Where the capability's class is: package specifier (node) or dotted module (Python). */
  readonly module: string;
}

/** Makes environments of one kind. */
export interface EnvironmentProvider {
  readonly kind: RuntimeKind;
  /** Whether a finished environment still works after its folder was moved. */
  readonly relocatable: boolean;
  /**
   * Everything that decides what `build` would make, as far as it is known without building: specifiers, contents of local
   * packages, interpreter. Equal recipes are not built twice.
   */
  recipe(entry: CapabilityEntry, baseDir: string): Promise<unknown>;
  /** @throws CjmError CJM_ENVIRONMENT_FAILED, CJM_ENVIRONMENT_TOOL_MISSING */
  build(request: BuildRequest): Promise<BuiltEnvironment>;
  /** Corrects what holds the path of `folder`, just before it becomes `target`. */
  beforeMove?(folder: string, target: string): Promise<void>;
}
