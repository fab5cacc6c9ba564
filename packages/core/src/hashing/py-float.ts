/** A number that is a float in Python's eyes, whatever its value: `1.0` and `1` hash differently. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** The text Python's `repr` gives: shortest round-trip digits, positional for exponents from -4 to 15. */
  toString(): string {
    const value = this.value;
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
    const sign = value < 0 || Object.is(value, -0) ? "-" : "";
    const [mantissa = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
    const digits = mantissa.replace(".", "");
    const exponent = Number(exponentText);
    return sign + (exponent >= -4 && exponent < 16 ? positional(digits, exponent) : scientific(digits, exponent));
  }

  toJSON(): number {
    return this.value;
  }
}

function positional(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${whole}.${digits.slice(exponent + 1) || "0"}`;
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  const padded = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits.charAt(0)}${fraction}e${exponent < 0 ? "-" : "+"}${padded}`;
}
