// The objective, the same function as the Python engine's: the mean loss of the rows + alpha / 2 * (sum of squared
// coefficients), where the intercept is never penalised. It knows nothing of the page.
import { lossOf } from "./losses.js";

/**
 * The objective J(beta): the mean loss of the rows and the penalty.
 *
 * design: rows x columns, row after row, the first column 1. labels: 0 .. classes - 1, one for each row.
 * beta: outputs x columns, output after output, each with its intercept first.
 */
export class Objective {
  constructor({ design, columns, labels, classes, loss, alpha }) {
    this.design = design;
    this.columns = columns;
    this.labels = labels;
    this.rows = labels.length;
    this.outputs = classes > 2 ? classes : 1;
    this.loss = lossOf(loss, classes);
    this.alpha = alpha;
    this.size = this.outputs * columns;
    this.columnScale = Array.from({ length: columns }, (_, j) => rootMeanSquare(design, j, columns) || 1);
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

  alphaOf(index) {
    return index % this.columns === 0 ? 0 : this.alpha;
  }

  penalty(beta) {
    return beta.reduce((sum, b, index) => sum + 0.5 * this.alphaOf(index) * b * b, 0);
  }

  /** One pass: J, its gradient, and its Hessian if asked for; over all rows, or the mean over a few of them. */
  evaluate(beta, { hessian = false, rows = null } = {}) {
    const { design, columns, outputs, size } = this;
    const count = rows ? rows.length : this.rows;
    const gradient = Float64Array.from(beta, (b, index) => this.alphaOf(index) * b);
    const H = hessian ? new Float64Array(size * size) : null;
    const eta = new Float64Array(outputs);
    const rowGradient = new Float64Array(outputs);
    const rowHessian = new Float64Array(outputs * outputs);
    let value = 0;
    for (let r = 0; r < count; r++) {
      const i = rows ? rows[r] : r;
      const x = design.subarray(i * columns, (i + 1) * columns);
      this.scores(beta, i, eta);
      value += this.loss.value(eta, this.labels[i]);
      this.loss.rowGradient(eta, this.labels[i], rowGradient);
      for (let k = 0; k < outputs; k++)
        for (let j = 0; j < columns; j++) gradient[k * columns + j] += (rowGradient[k] * x[j]) / count;
      if (!H) continue;
      this.loss.rowHessian(eta, this.labels[i], rowHessian);
      for (let k = 0; k < outputs; k++)
        for (let l = 0; l < outputs; l++)
          addOuter(H, size, k * columns, l * columns, rowHessian[k * outputs + l] / count, x);
    }
    if (H) for (let index = 0; index < size; index++) H[index * size + index] += this.alphaOf(index);
    return { value: value / (count || 1) + this.penalty(beta), gradient, hessian: H };
  }

  /** The largest entry of a gradient, each against the usual size of its column: 0 at the optimum. */
  gradientNorm(gradient) {
    return gradient.reduce((most, g, index) => Math.max(most, Math.abs(g) / this.columnScale[index % this.columns]), 0);
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
        sum += this.loss.value(eta, labels[row]);
      }
      return sum / rows + held + 0.5 * (this.alphaOf(i) * a * a + this.alphaOf(j) * b * b);
    };
  }

  /** A bound of the Hessian's eigenvalues anywhere: that of a row times the largest of X'X / n, by a power iteration. */
  largestCurvature() {
    const { design, columns, rows, loss, alpha } = this;
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
    return loss.bound > 0 ? loss.bound * norm + alpha : 0;
  }

  /** What a softmax does not feel: the same change for every class. A projector on it keeps the Hessian regular. */
  withGauge(H) {
    if (!this.loss.coupled) return H;
    for (let index = 0; index < this.size; index++)
      for (let other = index % this.columns; other < this.size; other += this.columns)
        if (this.alphaOf(index) === 0) H[index * this.size + other] += 1 / this.outputs;
    return H;
  }

  /** Whether an output has all rows on their right sides: without a penalty it then has no finite optimum. */
  separates(beta) {
    const right = Array.from({ length: this.loss.coupled ? 1 : this.outputs }, () => this.rows > 0);
    for (let i = 0; i < this.rows; i++) {
      const eta = this.scores(beta, i);
      const label = this.labels[i];
      if (this.loss.coupled) right[0] &&= this.loss.margins(eta)[label] > 0;
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
