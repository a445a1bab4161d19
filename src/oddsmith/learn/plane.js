// The plane of two features: points, probability as shading, the decision boundary.
import { channels, tint } from "./canvas.js";
import { Grid } from "./contours.js";
import { axes, crosshair, drawPoints, Frame } from "./frame.js";

const LEVELS = [0.1, 0.25, 0.75, 0.9];

export class Plane {
  constructor(lab) {
    this.lab = lab;
    this.grid = new Grid(72, 72);
  }

  layout(width, height) {
    this.frame = Frame.within(width, height, this.lab.frame.x, this.lab.frame.y);
  }

  toPixel(point) {
    return [this.frame.toX(point.x1), this.frame.toY(point.x2)];
  }

  fromPixel(x, y) {
    return { x1: this.frame.fromX(x), x2: this.frame.fromY(y) };
  }

  draw(ctx, width, height, colours, { highlight, cursor }) {
    this.layout(width, height);
    const { lab, frame } = this;
    axes(ctx, frame, colours, { names: lab.axisNames, grid: false });
    frame.clip(ctx, () => {
      this.shade(ctx, colours);
      drawPoints(ctx, lab.points, (point) => this.toPixel(point), colours, highlight);
      if (cursor) crosshair(ctx, frame, this.toPixel(cursor), colours);
    });
  }

  /** The columns of every node, kept while model and frame stay. */
  columns() {
    const { features } = this.lab.model;
    const key = `${this.frame.x}|${this.frame.y}`;
    if (this.known?.features === features && this.known.key === key) return this.known.rows;
    const rows = new Float64Array(this.grid.size * features.columns);
    this.grid.nodes(this.frame, (x1, x2, at) => features.write({ x1, x2 }, rows, at * features.columns));
    this.known = { features, key, rows };
    return rows;
  }

  shade(ctx, colours) {
    const { model, run } = this.lab;
    const { columns, outputs, loss } = model.objective;
    const [rows, beta] = [this.columns(), run.now.beta];
    const eta = new Float64Array(outputs);
    const scores = Array.from({ length: outputs }, () => new Float64Array(this.grid.size));
    const ground = channels(colours.plane);
    const inks = model.classes.map((label) => channels(colours.classes[label]));
    this.grid.fill(ctx, this.frame, (at) => {
      for (let k = 0; k < outputs; k++) {
        eta[k] = 0;
        for (let j = 0; j < columns; j++) eta[k] += rows[at * columns + j] * beta[k * columns + j];
        scores[k][at] = eta[k];
      }
      return tint(loss.probabilities(eta), inks, ground);
    });
    if (outputs === 1) this.levels(ctx, colours, scores[0]);
    else if (!loss.coupled) this.ownLines(ctx, colours, scores);
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 2.25;
    if (outputs === 1) ctx.stroke(this.grid.path(this.frame, scores[0], loss.link(0.5)));
    else this.borders(ctx, scores);
  }

  /** Between two classes: where their scores are equal, as long as no other is above them. */
  borders(ctx, scores) {
    for (let k = 0; k < scores.length; k++) {
      for (let l = 0; l < k; l++) {
        const others = scores.filter((_, m) => m !== k && m !== l);
        const ahead = scores[k].map((score, at) => Math.min(...others.map((other) => score - other[at])));
        const difference = scores[k].map((score, at) => score - scores[l][at]);
        ctx.stroke(this.grid.path(this.frame, difference, 0, ahead));
      }
    }
  }

  /** Thin lines where the probability is 0.1, 0.25, 0.75 and 0.9. */
  levels(ctx, colours, scores) {
    const { link } = this.lab.model.objective.loss;
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 0.75;
    ctx.globalAlpha = 0.45;
    for (const level of LEVELS) ctx.stroke(this.grid.path(this.frame, scores, link(level)));
    ctx.globalAlpha = 1;
  }

  /** One-vs-all: each class's own line against the rest. */
  ownLines(ctx, colours, scores) {
    const { model } = this.lab;
    const { loss } = model.objective;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([5, 5]);
    scores.forEach((values, k) => {
      ctx.strokeStyle = colours.classes[model.classes[k]];
      ctx.stroke(this.grid.path(this.frame, values, loss.link(0.5)));
    });
    ctx.setLineDash([]);
  }
}
