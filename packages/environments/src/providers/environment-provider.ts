import type { CapabilityEntry, RuntimeKind } from "@cjm/core";
import type { StepRunner } from "../build/step-runner.ts";
import type { EnvironmentPlan } from "../environment-plan.ts";

export interface BuildRequest {
  readonly plan: EnvironmentPlan;
  /** Folder of capabilities.yaml, which relative paths are relative to. */
  readonly baseDir: string;
  /** Empty folder in which the environment is made. */
  readonly folder: string;
  /** Empty folder for files that making it again needs. */
  readonly lockFolder: string;
  readonly steps: StepRunner;
}

export interface RebuildRequest {
  /** `lock` of the `BuiltEnvironment` of that time. */
  readonly made: unknown;
  readonly folder: string;
  /** As `build` left it; not to be changed. */
  readonly lockFolder: string;
  readonly steps: StepRunner;
}

export interface BuiltEnvironment {
  /** Interpreter of the environment: absolute, or relative to its folder. */
  readonly interpreter: string;
  /** What the package manager resolved; its hash is the environment's identity. No paths of this machine. */
  readonly resolved: unknown;
  /** What `rebuild` needs besides the files in the lock folder; JSON. */
  readonly lock: unknown;
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
  recipe(plan: EnvironmentPlan, baseDir: string): Promise<unknown>;
  /** Where the capability's class is unless its entry says so: package specifier (node) or dotted module (Python). */
  moduleOf(entry: CapabilityEntry, baseDir: string): Promise<string>;
  /** @throws CjmError CJM_ENVIRONMENT_FAILED, CJM_ENVIRONMENT_TOOL_MISSING */
  build(request: BuildRequest): Promise<BuiltEnvironment>;
  /** Makes an environment once more, with exactly the packages it had. @throws as `build`, CJM_ENVIRONMENT_LOCK_INVALID */
  rebuild(request: RebuildRequest): Promise<BuiltEnvironment>;
  /** Corrects what holds the path of `folder`, just before it becomes `target`. */
  beforeMove?(folder: string, target: string): Promise<void>;
}
