// The arithmetic: what a row costs, and the cost of all rows seen from the coefficients. It knows nothing of the page.
// The same function as the Python engine's: mean loss over the rows + alpha / 2 * (sum of squared coefficients),
// where the intercept is never penalised.

/** g(z) = 1 / (1 + e^-z) by whichever exponential cannot overflow. */
export function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** log(1 + e^z), without overflow. */
export function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

// What one output costs at the score eta when its target t is 0 or 1: value, first and second derivative in eta, the
// prediction, the score at the decision boundary, and a bound of the second derivative (0: not convex, no such bound).
export const COSTS = {
  entropy: {
    value: (eta, t) => softplus(t ? -eta : eta), // -log h for t = 1, -log(1 - h) for t = 0
    slope: (eta, t) => (t ? -sigmoid(-eta) : sigmoid(eta)), // h - t, without cancellation
    curvature: (eta) => sigmoid(eta) * sigmoid(-eta), // h (1 - h)
    mean: sigmoid,
    boundary: 0,
    bound: 0.25,
  },
  squared: {
    value: (eta, t) => 0.5 * (sigmoid(eta) - t) ** 2,
    slope: (eta, t) => (sigmoid(eta) - t) * sigmoid(eta) * sigmoid(-eta),
    curvature(eta, t) {
      const h = sigmoid(eta);
      const slope = h * sigmoid(-eta);
      return slope * (slope + (h - t) * (1 - 2 * h)); // may be negative
    },
    mean: sigmoid,
    boundary: 0,
    bound: 0,
  },
  linear: {
    value: (eta, t) => 0.5 * (eta - t) ** 2,
    slope: (eta, t) => eta - t,
    curvature: () => 1,
    mean: (eta) => eta,
    boundary: 0.5,
    bound: 1,
  },
};

/** Outputs that do not know of each other: one for two classes; one for each class otherwise, which is one-vs-all. */
function separate(cost, outputs) {
  const target = (label, k) => (outputs === 1 ? label : Number(label === k));
  return {
    bound: cost.bound,
    coupled: false,
    value(eta, label) {
      let sum = 0;
      for (let k = 0; k < outputs; k++) sum += cost.value(eta[k], target(label, k));
      return sum;
    },
    slopes(eta, label, out) {
      for (let k = 0; k < outputs; k++) out[k] = cost.slope(eta[k], target(label, k));
    },
    curvatures(eta, label, out) {
      out.fill(0);
      for (let k = 0; k < outputs; k++) out[k * outputs + k] = cost.curvature(eta[k], target(label, k));
    },
    /** One number for each class. For one-vs-all they need not add up to one. */
    probabilities(eta) {
      return outputs === 1 ? [1 - cost.mean(eta[0]), cost.mean(eta[0])] : Array.from(eta, cost.mean);
    },
    /** Above 0 where a class is predicted: the second of two, else each against the rest. */
    margins: (eta) => (outputs === 1 ? [eta[0] - cost.boundary] : aheadOfOthers(eta)),
  };
}

/** Softmax: p_k = e^eta_k / sum_l e^eta_l, and the cost is -log of the probability of the row's own class. */
function softmax(outputs) {
  const probabilities = (eta) => {
    const top = Math.max(...eta);
    const parts = Array.from(eta, (value) => Math.exp(value - top));
    const sum = parts.reduce((a, b) => a + b);
    return parts.map((part) => part / sum);
  };
  return {
    bound: 0.5,
    coupled: true,
    value(eta, label) {
      let top = -Infinity;
      for (let k = 0; k < outputs; k++) top = Math.max(top, eta[k]);
      let sum = 0;
      for (let k = 0; k < outputs; k++) sum += Math.exp(eta[k] - top);
      return top - eta[label] + Math.log(sum);
    },
    slopes(eta, label, out) {
      probabilities(eta).forEach((p, k) => (out[k] = p - Number(k === label)));
    },
    curvatures(eta, label, out) {
      const p = probabilities(eta);
      for (let k = 0; k < outputs; k++)
        for (let l = 0; l < outputs; l++) out[k * outputs + l] = p[k] * (Number(k === l) - p[l]);
    },
    probabilities,
    margins: aheadOfOthers,
  };
}

function aheadOfOthers(eta) {
  return Array.from(eta, (own, k) => own - Math.max(...Array.from(eta).filter((_, l) => l !== k)));
}

/** The rule by name: "entropy" (softmax for three classes), "onevsall", "squared", "linear". */
export function family(name, classes) {
  if (name === "entropy" && classes > 2) return softmax(classes);
  return separate(COSTS[name] ?? COSTS.entropy, classes > 2 ? classes : 1);
}

/**
 * The objective J(beta): the mean cost of the rows and the penalty.
 *
 * design: rows x columns, row after row, the first column 1. labels: 0 .. classes - 1, one for each row.
 * beta: outputs x columns, output after output, each with its intercept first.
 */
export class Objective {
  constructor({ design, columns, labels, classes, cost, alpha }) {
    this.design = design;
    this.columns = columns;
    this.labels = labels;
    this.rows = labels.length;
    this.outputs = classes > 2 ? classes : 1;
    this.family = family(cost, classes);
    this.alpha = alpha;
    this.size = this.outputs * columns;
    this.usual = Array.from({ length: columns }, (_, j) => rootMeanSquare(design, j, columns) || 1);
  }

  /** The scores of row i, one for each output. */
  scores(beta, i, out = new Float64Array(this.outputs)) {
    const { design, columns, outputs } = this;
    for (let k = 0; k < outputs; k++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += design[i * columns + j] * beta[k * columns + j];
      out[k] = sum;
    }
    return out;
  }

  strength(index) {
    return index % this.columns === 0 ? 0 : this.alpha;
  }

  penalty(beta) {
    return beta.reduce((sum, b, index) => sum + 0.5 * this.strength(index) * b * b, 0);
  }

  /** One pass: J, its gradient, and its Hessian if asked for; over all rows, or the mean over a few of them. */
  evaluate(beta, { hessian = false, rows = null } = {}) {
    const { design, columns, outputs, size } = this;
    const count = rows ? rows.length : this.rows;
    const gradient = Float64Array.from(beta, (b, index) => this.strength(index) * b);
    const H = hessian ? new Float64Array(size * size) : null;
    const eta = new Float64Array(outputs);
    const slopes = new Float64Array(outputs);
    const curvatures = new Float64Array(outputs * outputs);
    let value = 0;
    for (let r = 0; r < count; r++) {
      const i = rows ? rows[r] : r;
      const x = design.subarray(i * columns, (i + 1) * columns);
      this.scores(beta, i, eta);
      value += this.family.value(eta, this.labels[i]);
      this.family.slopes(eta, this.labels[i], slopes);
      for (let k = 0; k < outputs; k++)
        for (let j = 0; j < columns; j++) gradient[k * columns + j] += (slopes[k] * x[j]) / count;
      if (!H) continue;
      this.family.curvatures(eta, this.labels[i], curvatures);
      for (let k = 0; k < outputs; k++)
        for (let l = 0; l < outputs; l++)
          addOuter(H, size, k * columns, l * columns, curvatures[k * outputs + l] / count, x);
    }
    if (H) for (let index = 0; index < size; index++) H[index * size + index] += this.strength(index);
    return { value: value / (count || 1) + this.penalty(beta), gradient, hessian: H };
  }

  /** The largest entry of a gradient, each against the usual size of its column: 0 at the optimum. */
  steepness(gradient) {
    return gradient.reduce((most, g, index) => Math.max(most, Math.abs(g) / this.usual[index % this.columns]), 0);
  }

  /** J where coefficients i and j are moved to (a, b) and all others stay: a function of (a, b), for the surface. */
  slice(beta, i, j) {
    const { design, columns, outputs, rows, labels } = this;
    const rest = Float64Array.from(beta);
    rest[i] = rest[j] = 0;
    const base = Array.from({ length: rows }, (_, row) => this.scores(rest, row));
    const held = this.penalty(rest);
    const [first, second] = [Math.floor(i / columns), Math.floor(j / columns)];
    const eta = new Float64Array(outputs);
    return (a, b) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < outputs; k++) eta[k] = base[row][k];
        eta[first] += a * design[row * columns + (i % columns)];
        eta[second] += b * design[row * columns + (j % columns)];
        sum += this.family.value(eta, labels[row]);
      }
      return sum / rows + held + 0.5 * (this.strength(i) * a * a + this.strength(j) * b * b);
    };
  }

  /** A bound of the Hessian's eigenvalues anywhere: that of a row times the largest of X'X / n, by a power iteration. */
  largestCurvature() {
    const { design, columns, rows, family, alpha } = this;
    let vector = Float64Array.from({ length: columns }, (_, j) => 1 / (1 + j));
    let norm = 0;
    for (let iteration = 0; iteration < 100; iteration++) {
      const next = new Float64Array(columns);
      for (let i = 0; i < rows; i++) {
        const x = design.subarray(i * columns, (i + 1) * columns);
        const projection = x.reduce((sum, value, j) => sum + value * vector[j], 0);
        for (let j = 0; j < columns; j++) next[j] += (projection * x[j]) / rows;
      }
      norm = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0));
      vector = next.map((value) => value / norm);
    }
    return family.bound > 0 ? family.bound * norm + alpha : 0;
  }

  /** What a softmax does not feel: the same change for every class. A projector on it keeps the Hessian regular. */
  withGauge(H) {
    if (!this.family.coupled) return H;
    for (let index = 0; index < this.size; index++)
      for (let other = index % this.columns; other < this.size; other += this.columns)
        if (this.strength(index) === 0) H[index * this.size + other] += 1 / this.outputs;
    return H;
  }

  /** Whether an output has all rows on their right sides: without a penalty it then has no finite optimum. */
  separates(beta) {
    const right = Array.from({ length: this.family.coupled ? 1 : this.outputs }, () => this.rows > 0);
    for (let i = 0; i < this.rows; i++) {
      const eta = this.scores(beta, i);
      const label = this.labels[i];
      if (this.family.coupled) right[0] &&= this.family.margins(eta)[label] > 0;
      else
        right.forEach(
          (_, k) => (right[k] &&= (this.outputs === 1 ? label === 1 : label === k) ? eta[k] > 0 : eta[k] < 0),
        );
    }
    return right.some(Boolean);
  }
}

function rootMeanSquare(design, column, columns) {
  let sum = 0;
  for (let at = column; at < design.length; at += columns) sum += design[at] ** 2;
  return Math.sqrt((sum * columns) / design.length);
}

function addOuter(H, size, row, column, weight, x) {
  if (weight === 0) return;
  for (let a = 0; a < x.length; a++) {
    const scaled = weight * x[a];
    const at = (row + a) * size + column;
    for (let b = 0; b < x.length; b++) H[at + b] += scaled * x[b];
  }
}
