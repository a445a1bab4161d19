// The lab: points, settings, a model of them, and the run of a solver on it. No DOM: watchers are told of changes.
import { dataSet } from "./data.js";
import { Model } from "./model.js";
import { SOLVERS } from "./solvers.js";

const DEFAULTS = {
  data: "clouds",
  view: "plane", // or "line": the first feature only
  degree: 1,
  loss: "entropy", // or "onevsall", "squared", "linear"
  solver: "gd",
  learningRate: 0.5,
  batchSize: 0, // 0: all rows
  maxIter: 5000, // steps at which a run stops; pressed again, it goes on for as many
  alpha: 0,
  standardize: false,
  start: null, // coefficients of raw columns, [intercept, ...] for each output; zeros by default
  axes: null, // the two coefficients of the cost surface
  window: null, // what the surface shows at least: {x: [from, to], y: [from, to]}
};

const GHOSTS = 4;

export class Lab {
  constructor() {
    this.watchers = [];
    this.beginning = 0; // counts models and runs begun anew, not those continued by hand
    this.settings = { ...DEFAULTS };
    this.load({});
  }

  changed(what) {
    this.watchers.forEach((watcher) => watcher(what));
  }

  /** A lesson's preset: everything that it does not name goes back to its default. */
  load(preset) {
    this.settings = { ...DEFAULTS, ...preset };
    this.ghosts = [];
    this.take(dataSet(this.settings.data));
  }

  take(data) {
    this.frame = data.frame;
    this.axisNames = data.names ?? ["x₁", "x₂"];
    this.points = data.points.map((point) => ({ ...point }));
    this.rebuild();
  }

  /** Change settings: the run starts over; earlier runs stay to be compared as long as their loss is the same. */
  set(changes) {
    const before = this.settings;
    this.settings = { ...before, ...changes };
    const changed = (...names) => names.some((name) => this.settings[name] !== before[name]);
    const otherShape = changed("data", "view", "degree", "loss");
    this.keepRun();
    if (otherShape) this.settings = { ...this.settings, start: null, axes: null, window: null, ...changes };
    if (otherShape || changed("alpha")) this.ghosts = [];
    else if (changed("standardize")) this.ghosts.forEach((ghost) => (ghost.path = [])); // other axes than now
    if (changed("data")) this.take(dataSet(this.settings.data));
    else if (otherShape || changed("alpha", "standardize")) this.rebuild();
    else this.restart();
  }

  /** Points were added, moved or removed: the coefficients stay where they are, if they still mean the same. */
  edit(points) {
    const { model: before, run } = this;
    const meaning = (model) => [model.objective.size, model.classes, model.enough].join();
    this.points = points;
    this.ghosts = [];
    this.settings.data = "own";
    this.model = new Model(points, this.settings);
    const same = meaning(this.model) === meaning(before);
    if (!same) this.beginning += 1;
    this.begin(same ? run.now.beta : this.model.zeros());
    this.changed("model");
  }

  rebuild() {
    this.model = new Model(this.points, this.settings);
    this.restart("model");
  }

  restart(what = "run") {
    const { start } = this.settings;
    this.beginning += 1;
    const raw = start && this.model.features.fromRaw(start);
    this.begin(raw && raw.length === this.model.objective.size ? raw : this.model.zeros());
    this.changed(what);
  }

  /** Start from coefficients set by hand. */
  startAt(beta) {
    this.keepRun();
    this.settings.start = this.model.features.toRaw(beta);
    this.begin(beta);
    this.changed("hand");
  }

  begin(beta) {
    const { solver, start, maxIter } = this.settings;
    this.generator = SOLVERS[solver].run(this.model.objective, beta, this.settings);
    const now = this.generator.next().value;
    const label = this.label();
    const key = JSON.stringify([label, start]);
    this.ghosts = this.ghosts.filter((ghost) => ghost.key !== key); // the same run again takes its place
    this.run = { label, key, path: [beta], curve: [now], now, end: null, limit: maxIter, rises: 0 };
    this.optimum = this.model.enough ? this.model.optimum() : null;
    this.run.note = this.note(null);
  }

  label() {
    const { solver, learningRate, standardize } = this.settings;
    const parts = [SOLVERS[solver].name];
    if (solver === "gd") parts.push(`rate ${learningRate}`);
    if (this.batch > 0) parts.push(`batches of ${this.batch}`);
    if (standardize) parts.push("standardised");
    return parts.join(", ");
  }

  /** Put a run aside, faint, beside which the next one is seen. */
  keepRun() {
    if (this.run.path.length < 3) return;
    this.ghosts = [...this.ghosts, { ...this.run, quality: this.quality }].slice(-GHOSTS);
  }

  get quality() {
    return this.model.quality(this.run.now.beta);
  }

  get done() {
    return this.run.end !== null || !this.model.enough;
  }

  /** One step of the solver. */
  step() {
    if (this.done) return;
    const { value: now, done } = this.generator.next();
    const { run } = this;
    if (!done) {
      const before = run.now;
      run.now = now;
      run.path.push(now.beta);
      run.curve.push({ passes: now.passes, value: now.value });
      run.rose = now.value > before.value * (1 + 1e-12);
      run.rises += Number(run.rose);
    }
    run.end = this.verdict(done);
    run.note = this.note(run.end);
  }

  verdict(solverStopped) {
    const { now, curve, path } = this.run;
    const { objective } = this.model;
    if (!Number.isFinite(now.value) || now.value > 20 * curve[0].value + 1) return "diverged";
    if (objective.gradientNorm(now.gradient) <= 1e-9) return this.runsOff() ? "separated" : "converged";
    if (this.runsOff() && now.value < 1e-6) return "separated";
    if (solverStopped) return objective.gradientNorm(now.gradient) <= 1e-7 ? "converged" : "stalled";
    return path.length > this.run.limit ? "limit" : null;
  }

  /** Go on with a run that has come to its limit. */
  resume() {
    this.run.end = null;
    this.run.limit += this.settings.maxIter;
  }

  /** Rows in a batch of gradient descent; 0 for all of them, and for other solvers. */
  get batch() {
    const { solver, batchSize } = this.settings;
    return solver === "gd" && batchSize < this.points.length ? batchSize : 0;
  }

  /** Nothing holds the coefficients: every row is on its right side, and there is no penalty. */
  runsOff() {
    const { loss, alpha } = this.settings;
    return alpha === 0 && loss !== "linear" && this.model.objective.separates(this.run.now.beta);
  }

  note(end) {
    const { run } = this;
    const passes = Math.round(run.now.passes);
    const steps = run.path.length - 1;
    if (!this.model.enough) return "Put points of at least two classes on the plane.";
    if (end === "diverged") return "The cost runs away: the learning rate is too large. Make it smaller.";
    if (end === "converged") return `Converged after ${passes} passes over the data.`;
    if (end === "stalled") return `Stopped after ${passes} passes: no length of step makes the cost fall.`;
    if (steps > 0 && this.runsOff()) {
      const alone = this.model.classes.length > 2 && !this.model.objective.loss.coupled;
      const found = alone ? "A class is parted from the rest without a mistake" : "Every point is on its right side";
      return `${found}: its cost only tends to 0 and w grows for ever. A penalty would hold it.`;
    }
    if (end === "limit") return `After ${steps} steps ${this.unsettled(steps)} Run goes on.`;
    if (run.rose && this.batch === 0) return "The cost has risen: the learning rate is too large here.";
    return steps > 0 ? null : "Ready: press Run, or Step to see one step."; // null: nothing but progress
  }

  unsettled(steps) {
    if (this.batch > 0) return "it hovers around the optimum: each step follows a few rows only.";
    if (this.run.rises > steps / 10) return "the cost still leaps up and down: the learning rate is too large.";
    return "it is not at the optimum yet.";
  }

  /** Gradient descent on a convex cost falls for every rate below 2 / L, L the largest curvature there can be. */
  get safeRate() {
    const most = this.model.enough ? this.model.objective.largestCurvature() : 0;
    return most > 0 ? 2 / most : null;
  }
}
