// One feature: the points on a line, the sigmoid above it, and what is drawn beside it.
import { channels, tint } from "./canvas.js";
import { axes, crosshair, drawPoints, Frame } from "./frame.js";
import { LOSSES } from "./losses.js";
import { Model } from "./model.js";

const STEPS = 240;

/** The standard normal distribution function, to 1.5e-7 (Abramowitz and Stegun 7.1.26): enough for a picture. */
function normal(z) {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * polynomial * Math.exp((-z * z) / 2);
  return z > 0 ? 1 - tail : tail;
}

const BESIDE = {
  slope: { name: "slope g(1 − g)", curve: (eta) => LOSSES.entropy.rowHessian(eta), dash: [2, 4] },
  probit: { name: "probit Φ(z)", curve: normal, dash: [9, 4] },
  cloglog: { name: "cloglog 1 − exp(−exp z)", curve: (eta) => -Math.expm1(-Math.exp(eta)), dash: [9, 4, 2, 4] },
};

export class Line {
  constructor(lab) {
    this.lab = lab;
    this.beside = new Set(); // of BESIDE, and "straight": the least-squares line
  }

  layout(width, height) {
    this.frame = Frame.within(width, height, this.lab.frame.x, [-0.3, 1.3], { left: 52 });
  }

  /** Class A lies at 0, class B at 1; of three classes each lies at the foot. */
  toPixel(point) {
    const { classes } = this.lab.model;
    const height = classes.length > 2 ? -0.07 * (1 + point.label) : classes.indexOf(point.label);
    return [this.frame.toX(point.x1), this.frame.toY(height)];
  }

  fromPixel(x) {
    return { x1: this.frame.fromX(x) };
  }

  draw(ctx, width, height, colours, { highlight, cursor }) {
    this.layout(width, height);
    const { frame, lab } = this;
    const names = [lab.axisNames[0], lab.model.classes.length > 2 ? "probability of each class" : "h = P(B)"];
    axes(ctx, frame, colours, { names, yTicks: [0, 0.25, 0.5, 0.75, 1], grid: false });
    frame.clip(ctx, () => {
      this.shade(ctx, colours);
      this.guides(ctx, colours);
      this.curves(ctx, colours);
      drawPoints(ctx, lab.points, (point) => this.toPixel(point), colours, highlight);
      if (cursor) this.probe(ctx, cursor, colours);
    });
  }

  xs() {
    const [from, to] = this.frame.x;
    return Array.from({ length: STEPS + 1 }, (_, step) => from + ((to - from) * step) / STEPS);
  }

  probabilities(x1) {
    const { model, run } = this.lab;
    return model.probabilities(run.now.beta, { x1, x2: 0 });
  }

  shade(ctx, colours) {
    const { left, top, width, height } = this.frame.box;
    const ground = channels(colours.plane);
    const inks = this.lab.model.classes.map((label) => channels(colours.classes[label]));
    const band = ctx.createLinearGradient(left, 0, left + width, 0);
    this.xs().forEach((x, step) => {
      const [r, g, b] = tint(this.probabilities(x), inks, ground);
      band.addColorStop(step / STEPS, `rgb(${r} ${g} ${b})`);
    });
    ctx.fillStyle = band;
    ctx.fillRect(left, top, width, height);
  }

  /** 0 and 1, and where the prediction changes. */
  guides(ctx, colours) {
    const { frame } = this;
    ctx.strokeStyle = colours.muted;
    ctx.lineWidth = 1;
    ctx.globalAlpha = 0.5;
    for (const level of [0, 0.5, 1]) {
      ctx.setLineDash(level === 0.5 ? [3, 4] : []);
      frame.horizontal(ctx, level);
    }
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 2.25;
    this.borders().forEach((x) => frame.vertical(ctx, x));
  }

  /** Where the predicted class changes, between two of xs by the straight line through the difference of the scores. */
  borders() {
    const { model, run } = this.lab;
    const { outputs, loss } = model.objective;
    const places = this.xs().map((x) => {
      const point = { x1: x, x2: 0 };
      return { x, scores: model.scores(run.now.beta, point), says: model.predict(run.now.beta, point) };
    });
    return places.slice(1).flatMap((place, index) => {
      const before = places[index];
      if (place.says === before.says) return [];
      const lead = ({ scores }) => (outputs === 1 ? loss.margins(scores)[0] : scores[place.says] - scores[before.says]);
      const [a, b] = [lead(before), lead(place)];
      return [before.x + ((place.x - before.x) * a) / (a - b)];
    });
  }

  curves(ctx, colours) {
    const { frame } = this;
    const { model, run, settings } = this.lab;
    const xs = this.xs();
    const named = [];
    if (model.classes.length === 2) {
      for (const key of Object.keys(BESIDE).filter((name) => this.beside.has(name))) {
        const { name, curve, dash } = BESIDE[key];
        ctx.strokeStyle = colours.muted;
        ctx.lineWidth = 1.75;
        ctx.setLineDash(dash);
        frame.line(
          ctx,
          xs.map((x) => [x, curve(model.scores(run.now.beta, { x1: x, x2: 0 })[0])]),
        );
        named.push({ name, dash, colour: colours.muted });
      }
      if (this.beside.has("straight")) named.push(this.straight(ctx, colours));
    }
    ctx.setLineDash([]);
    ctx.lineWidth = 3;
    const several = model.classes.length > 2;
    model.classes.forEach((label, k) => {
      if (!several && k === 0) return;
      ctx.strokeStyle = several ? colours.classes[label] : colours.accent;
      frame.line(
        ctx,
        xs.map((x) => [x, this.probabilities(x)[k]]),
      );
    });
    if (named.length)
      legend(
        ctx,
        frame,
        [{ name: settings.loss === "linear" ? "w x + b" : "sigmoid g(z)", dash: [], colour: colours.accent }, ...named],
        colours,
      );
  }

  /** The least-squares line of the same points, and where it crosses one half. */
  straight(ctx, colours) {
    const { lab, frame } = this;
    const line = new Model(lab.points, { ...lab.settings, degree: 1, loss: "linear", alpha: 0 });
    const beta = line.optimum().beta;
    const value = (x) => line.scores(beta, { x1: x, x2: 0 })[0];
    const crossing =
      frame.x[0] + ((0.5 - value(frame.x[0])) * (frame.x[1] - frame.x[0])) / (value(frame.x[1]) - value(frame.x[0]));
    ctx.strokeStyle = colours["ghost-0"];
    ctx.lineWidth = 2;
    ctx.setLineDash([8, 5]);
    frame.line(
      ctx,
      frame.x.map((x) => [x, value(x)]),
    );
    frame.vertical(ctx, crossing);
    ctx.setLineDash([]);
    return { name: "least-squares line, cut at 0.5", dash: [8, 5], colour: colours["ghost-0"] };
  }

  probe(ctx, cursor, colours) {
    const { frame } = this;
    const p = this.probabilities(cursor.x1);
    crosshair(ctx, frame, [frame.toX(cursor.x1), frame.toY(p[p.length - 1])], colours);
  }
}

/** Names of the curves in the free band above 1, one beside the other as far as there is room. */
function legend(ctx, frame, entries, colours) {
  const { left, top, width: room } = frame.box;
  let [x, y] = [left + 6, top + 15];
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  entries.forEach(({ name, dash, colour }) => {
    const width = 44 + ctx.measureText(name).width;
    if (x + width > left + room && x > left + 6) [x, y] = [left + 6, y + 22];
    ctx.globalAlpha = 0.88;
    ctx.fillStyle = colours.card;
    ctx.beginPath();
    ctx.roundRect(x, y - 10, width, 20, 5);
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.ink;
    ctx.fillText(name, x + 36, y + 0.5);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(x + 6, y);
    ctx.lineTo(x + 28, y);
    ctx.stroke();
    ctx.setLineDash([]);
    x += width + 6;
  });
}
