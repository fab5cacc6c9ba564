import { ToolCapability } from "@cjm/capability";

class Ancestor extends ToolCapability {
  readonly actions = {};

  inherited(first: number): number {
    return first;
  }

  replaced(old: number): number {
    return old;
  }
}

/** The twin of `surface_probe.py`: has members of every kind. */
export class SurfaceProbe extends Ancestor {
  static override readonly capabilityName = "surface-probe";
  static readonly limits = { max: 1 };
  readonly ofTheInstance = 1;

  static make(first: number): number {
    return first;
  }

  get state(): string {
    return "idle";
  }

  set writable(_value: string) {}

  override replaced(fresh: number): number {
    return fresh;
  }

  verb(first: string, second = 2, ...rest: number[]): unknown {
    return [first, second, rest];
  }

  async later(path: string): Promise<string> {
    return path;
  }

  *walk(depth: number): Generator<number> {
    yield depth;
  }

  _hidden(): void {}
}
