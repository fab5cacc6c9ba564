import { median } from "./statistics.ts";

export interface Figure {
  readonly unit: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
  /** One value per round, in order. */
  readonly runs: readonly number[];
}

/** One figure divided by another, round by round: both were taken within one round, so that a busy machine hit both alike. */
export interface Ratio extends Figure {
  readonly of: string;
  readonly to: string;
  readonly goal: Goal | null;
  readonly met: boolean | null;
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

/** Everything that a bench has to say, as it stands in the report. */
export interface Findings {
  readonly figures: Readonly<Record<string, Figure>>;
  readonly ratios: Readonly<Record<string, Ratio>>;
  readonly observed: Readonly<Record<string, unknown>>;
}

/** Named series of values, one value per round. */
export class Figures {
  readonly #series = new Map<string, { readonly unit: string; readonly values: number[] }>();
  readonly #ratios = new Map<string, { readonly of: string; readonly to: string; readonly goal: Goal | null }>();
  readonly #observed: Record<string, unknown> = {};

  add(name: string, unit: string, value: number): void {
    const series = this.#series.get(name);
    if (series === undefined) this.#series.set(name, { unit, values: [value] });
    else series.values.push(value);
  }

  /** Asks for `of` divided by `to`. Both need a value for every round. */
  ratio(name: string, of: string, to: string, goal: Goal | null = null): void {
    this.#ratios.set(name, { of, to, goal });
  }

  /** A fact that is no series of numbers. */
  note(name: string, value: unknown): void {
    this.#observed[name] = value;
  }

  findings(): Findings {
    return {
      figures: Object.fromEntries([...this.#series].map(([name, { unit, values }]) => [name, figureOf(unit, values)])),
      ratios: Object.fromEntries([...this.#ratios].map(([name, ratio]) => [name, this.#ratioOf(name, ratio)])),
      observed: this.#observed,
    };
  }

  #ratioOf(name: string, { of, to, goal }: { readonly of: string; readonly to: string; readonly goal: Goal | null }): Ratio {
    const above = this.#series.get(of)?.values;
    const below = this.#series.get(to)?.values;
    if (above === undefined || below === undefined || above.length !== below.length) {
      throw new Error(`the ratio ${name} needs ${of} and ${to} to have a value for every round`);
    }
    const figure = figureOf(
      "ratio",
      above.map((value, round) => value / (below[round] ?? Number.NaN)),
    );
    return { of, to, goal, met: goal === null ? null : isMet(figure.median, goal), ...figure };
  }
}

function figureOf(unit: string, values: readonly number[]): Figure {
  return {
    unit,
    median: short(median(values)),
    min: short(Math.min(...values)),
    max: short(Math.max(...values)),
    n: values.length,
    runs: values.map(short),
  };
}

function isMet(value: number, goal: Goal): boolean {
  return "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;
}

function short(value: number): number {
  return Number(value.toPrecision(5));
}
