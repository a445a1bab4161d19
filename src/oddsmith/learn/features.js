// From points to columns: polynomial features, standardised or not, and the way back to coefficients of raw columns.

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** All powers x1^a x2^b with 1 <= a + b <= degree, by degree, x1 first: scikit-learn's order. */
function powers(variables, degree) {
  const found = [];
  for (let total = 1; total <= degree; total++) {
    if (variables === 1) found.push([total, 0]);
    else for (let b = 0; b <= total; b++) found.push([total - b, b]);
  }
  return found;
}

function powerName([a, b], variables) {
  const factor = (name, power) => (power === 0 ? "" : power === 1 ? name : name + SUPERSCRIPTS[power]);
  return factor(variables === 1 ? "x" : "x₁", a) + factor("x₂", b);
}

/** The columns of a model: fixed by the points that it is fitted to, then usable on any point. */
export class Features {
  constructor(points, { variables, degree, standardize }) {
    this.powers = powers(variables, degree);
    this.names = this.powers.map((power) => powerName(power, variables));
    this.columns = 1 + this.powers.length;
    const raw = this.powers.map(([a, b]) => points.map((point) => point.x1 ** a * point.x2 ** b));
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
    const moments = raw.map((values) => {
      const centre = mean(values);
      return { centre, scale: Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) || 1 };
    });
    this.centres = moments.map(({ centre }) => (standardize ? centre : 0));
    this.scales = moments.map(({ scale }) => (standardize ? scale : 1));
  }

  /** The row of a point, written into out from `at` on: 1, then the columns. */
  write(point, out, at = 0) {
    out[at] = 1;
    this.powers.forEach(([a, b], j) => {
      out[at + 1 + j] = (point.x1 ** a * point.x2 ** b - this.centres[j]) / this.scales[j];
    });
  }

  design(points) {
    const out = new Float64Array(points.length * this.columns);
    points.forEach((point, i) => this.write(point, out, i * this.columns));
    return out;
  }

  /** Coefficients of raw columns from those of standardised ones, [intercept, ...] for each output. */
  toRaw(beta) {
    const outputs = [];
    for (let at = 0; at < beta.length; at += this.columns) {
      const slopes = this.scales.map((scale, j) => beta[at + 1 + j] / scale);
      outputs.push([slopes.reduce((sum, slope, j) => sum - slope * this.centres[j], beta[at]), ...slopes]);
    }
    return outputs;
  }

  /** And back. */
  fromRaw(outputs) {
    return Float64Array.from(
      outputs.flatMap(([intercept, ...slopes]) => [
        slopes.reduce((sum, slope, j) => sum + slope * this.centres[j], intercept),
        ...slopes.map((slope, j) => slope * this.scales[j]),
      ]),
    );
  }
}
