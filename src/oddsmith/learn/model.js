// A model of labelled points, as the settings describe it: columns, objective, names of the coefficients.
import { Objective } from "./objective.js";
import { Features } from "./features.js";
import { solve } from "./solvers.js";

export const CLASS_NAMES = ["A", "B", "C"];
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const subscript = (number) => [...String(number)].map((digit) => SUBSCRIPTS[digit]).join("");

/** points: {x1, x2, label}, label 0, 1 or 2. Classes are those that occur; two of them at least. */
export class Model {
  constructor(points, { view, degree, standardize, loss, alpha }) {
    const occurs = (label) => points.some((point) => point.label === label);
    this.enough = [0, 1, 2].filter(occurs).length >= 2;
    this.classes = [0, 1, 2].filter((label) => occurs(label) || (!this.enough && label < 2));
    this.points = points;
    this.features = new Features(points, { variables: view === "line" ? 1 : 2, degree, standardize });
    this.objective = new Objective({
      design: this.features.design(points),
      columns: this.features.columns,
      labels: points.map((point) => this.classes.indexOf(point.label)),
      classes: this.classes.length,
      loss,
      alpha,
    });
  }

  /** Names of the coefficients: b and w for one column, else b, w₁, w₂ ...; with the class where there are several. */
  get names() {
    const { columns, outputs } = this.objective;
    return Array.from({ length: this.objective.size }, (_, index) => {
      const j = index % columns;
      const name = j === 0 ? "b" : columns === 2 ? "w" : `w${subscript(j)}`;
      return outputs === 1 ? name : `${name} of ${CLASS_NAMES[this.classes[Math.floor(index / columns)]]}`;
    });
  }

  /** The same, saying which column a coefficient belongs to. */
  get longNames() {
    const { columns } = this.objective;
    return this.names.map((name, index) =>
      columns > 2 && index % columns ? `${name} (${this.features.names[(index % columns) - 1]})` : name,
    );
  }

  scores(beta, point) {
    const row = new Float64Array(this.features.columns);
    this.features.write(point, row);
    return Array.from({ length: this.objective.outputs }, (_, k) =>
      row.reduce((sum, x, j) => sum + x * beta[k * row.length + j], 0),
    );
  }

  /** One number for each of this.classes. */
  probabilities(beta, point) {
    return this.objective.loss.probabilities(this.scores(beta, point));
  }

  /** The position in this.classes of the class that is predicted. */
  predict(beta, point) {
    const margins = this.objective.loss.margins(this.scores(beta, point));
    return margins.length === 1 ? Number(margins[0] >= 0) : margins.indexOf(Math.max(...margins));
  }

  /** Shares of right answers, and, of two classes, of right ones among those said to be B. */
  quality(beta) {
    const answers = this.points.map((point) => ({
      said: this.predict(beta, point),
      is: this.classes.indexOf(point.label),
    }));
    const right = (some) => some.filter((answer) => answer.said === answer.is).length / some.length;
    const positive = answers.filter((answer) => answer.said === 1);
    return { accuracy: right(answers), precision: this.classes.length === 2 ? right(positive) : NaN };
  }

  zeros() {
    return new Float64Array(this.objective.size);
  }

  /** The optimum by Newton, if there is one; else a place on the way to infinity. */
  optimum() {
    const { objective } = this;
    const far = (now) => objective.separates(now.beta) && now.value < 0.05;
    return solve(objective, this.zeros(), "newton", {}, { limit: 200, until: far });
  }
}

/** For tests and for the console: fit points, and tell coefficients of raw columns. */
export function fitPoints(points, settings) {
  const model = new Model(points, settings);
  const end = solve(model.objective, model.zeros(), settings.solver, settings);
  return {
    coefficients: model.features.toRaw(end.beta),
    value: end.value,
    passes: end.passes,
    converged: end.converged,
    probabilities: points.map((point) => model.probabilities(end.beta, point)),
  };
}
