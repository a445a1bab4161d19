// The cost surface: contours of J over two coefficients, the path of the run on it, and the optimum.
import { channels, mix } from "./canvas.js";
import { Grid } from "./contours.js";
import { axes, Frame } from "./frame.js";

const LINES = 14;
const MARGINS = { left: 52 };

export class Surface {
  constructor(lab, canvas) {
    Object.assign(this, { lab, canvas });
    this.grids = {};
  }

  /** The two coefficients: those chosen, else the first two slopes, else intercept and slope. */
  get axes() {
    const { axes: chosen } = this.lab.settings;
    const { size, columns } = this.lab.model.objective;
    if (chosen && Math.max(...chosen) < size) return chosen;
    return columns > 2 ? [1, 2] : [0, 1];
  }

  /** What is shown: start, optimum, and as much around as the cost rises by; wider as the run leaves it. */
  get window() {
    const { lab } = this;
    const [i, j] = this.axes;
    const key = `${lab.beginning}|${i}|${j}`;
    if (this.key !== key) {
      this.home = this.shown = this.initial([i, j]);
      this.key = key;
      this.run = null;
    }
    if (this.run !== lab.run) Object.assign(this, { run: lab.run, seen: 0 });
    for (const beta of lab.run.path.slice(this.seen)) {
      this.shown = {
        x: stretched(this.shown.x, beta[i], span(this.home.x)),
        y: stretched(this.shown.y, beta[j], span(this.home.y)),
      };
    }
    this.seen = lab.run.path.length;
    return this.equalised(this.shown);
  }

  /** The same scale on both axes, so that descent is seen to cross the contours; if none need shrink too much. */
  equalised({ x, y }) {
    const { width, height } = Frame.within(this.canvas.clientWidth, this.canvas.clientHeight, x, y, MARGINS).box;
    const [across, up] = [span(x) / width, span(y) / height];
    if (Math.max(across / up, up / across) > 3) return { x, y };
    const scale = Math.max(across, up);
    const around = ([from, to], half) => [(from + to) / 2 - half, (from + to) / 2 + half];
    return { x: around(x, (scale * width) / 2), y: around(y, (scale * height) / 2) };
  }

  initial(pair) {
    const { lab } = this;
    const { objective } = lab.model;
    const start = lab.run.path[0];
    const end = lab.optimum?.beta ?? start;
    const curvature = objective.evaluate(lab.model.zeros(), { hessian: true }).hessian;
    const sides = pair.map((index) => {
      const reach = Math.sqrt(0.8 / (Math.abs(curvature[index * objective.size + index]) || 1));
      const half = Math.max(0.75 * Math.abs(end[index] - start[index]), reach);
      const centre = (end[index] + start[index]) / 2;
      return [centre - half, centre + half];
    });
    const least = lab.settings.window;
    if (!least) return { x: sides[0], y: sides[1] };
    return { x: union(sides[0], least.x), y: union(sides[1], least.y) };
  }

  /** Coarser where a value costs more, so that a slice takes some hundredths of a second at most. */
  get grid() {
    const { rows, outputs } = this.lab.model.objective;
    const cells = Math.round(Math.min(56, Math.max(28, Math.sqrt(4e5 / (rows * outputs || 1)))));
    return (this.grids[cells] ??= new Grid(cells, cells));
  }

  layout(width, height) {
    const { x, y } = this.window;
    this.frame = Frame.within(width, height, x, y, MARGINS);
  }

  /** The values at the nodes; a slice through where the run stands, so new only where other coefficients moved. */
  values() {
    const { lab, grid } = this;
    const [i, j] = this.axes;
    const { beta } = lab.run.now;
    const others = beta.filter((_, index) => index !== i && index !== j).join();
    const key = [this.frame.x, this.frame.y, i, j, others].join("|");
    if (this.known?.model === lab.model && this.known.key === key) return this.known.values;
    const values = new Float64Array(grid.size);
    const cost = lab.model.objective.slice(beta, i, j);
    grid.nodes(this.frame, (a, b, at) => (values[at] = cost(a, b)));
    this.known = { model: lab.model, key, values };
    return values;
  }

  draw(ctx, width, height, colours) {
    const { lab } = this;
    this.layout(width, height);
    const { frame, grid } = this;
    const names = this.axes.map((index) => lab.model.longNames[index]);
    axes(ctx, frame, colours, { names, grid: false });
    if (!lab.points.length) return;
    const values = this.values();
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const [ground, ink] = [channels(colours.plane), channels(colours.accent)];
    frame.clip(ctx, () => {
      grid.fill(ctx, frame, (at) => {
        const depth = 0.34 * (1 - Math.sqrt((values[at] - low) / (high - low || 1)));
        return mix([ground, ink], [1 - depth, depth]);
      });
      ctx.strokeStyle = colours.ink;
      ctx.lineWidth = 1;
      ctx.globalAlpha = 0.3;
      for (let line = 1; line <= LINES; line++)
        ctx.stroke(grid.path(frame, values, low + (high - low) * (line / (LINES + 1)) ** 2));
      ctx.globalAlpha = 0.6;
      lab.ghosts.forEach((ghost, index) => this.path(ctx, ghost.path, colours.ghosts[index], 1.25));
      ctx.globalAlpha = 1;
      this.path(ctx, lab.run.path, colours.accent, 2, lab.run.path.length < 200);
      this.marks(ctx, colours);
    });
  }

  place(beta) {
    const [i, j] = this.axes;
    return [this.frame.toX(beta[i]), this.frame.toY(beta[j])];
  }

  path(ctx, path, colour, width, dots = false) {
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    path.forEach((beta, index) => (index ? ctx.lineTo(...this.place(beta)) : ctx.moveTo(...this.place(beta))));
    ctx.stroke();
    if (!dots) return;
    for (const beta of path) {
      ctx.beginPath();
      ctx.arc(...this.place(beta), 2.5, 0, 2 * Math.PI);
      ctx.fill();
    }
  }

  /** A ring where the run began, a cross at the optimum, a dot where it stands. */
  marks(ctx, colours) {
    const { run, optimum, settings } = this.lab;
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 2;
    if (optimum?.converged && settings.loss !== "squared") {
      const [x, y] = this.place(optimum.beta);
      ctx.beginPath();
      ctx.moveTo(x - 6, y);
      ctx.lineTo(x + 6, y);
      ctx.moveTo(x, y - 6);
      ctx.lineTo(x, y + 6);
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.arc(...this.place(run.path[0]), 5, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(...this.place(run.now.beta), 6.5, 0, 2 * Math.PI);
    ctx.fillStyle = colours.accent;
    ctx.strokeStyle = colours.card;
    ctx.fill();
    ctx.stroke();
  }
}

const span = ([from, to]) => to - from;

/** Wider by quarters of its first span until the value is within; what runs away is let go. */
function stretched([from, to], value, first) {
  if (!(value > from - 8 * first && value < to + 8 * first)) return [from, to];
  let [low, high] = [from, to];
  while (value < low) low -= first / 4;
  while (value > high) high += first / 4;
  return [low, high];
}

const union = (side, least) => [Math.min(side[0], least[0]), Math.max(side[1], least[1])];
