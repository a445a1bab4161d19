// The loss of each row, against the probability that the model gives it.
import { axes, drawPoints, Frame } from "./frame.js";

// of the probability of the row's own class
const crossEntropy = (p) => -Math.log(p);
const squaredError = (p) => 0.5 * (1 - p) ** 2;

export class Rows {
  constructor(lab) {
    this.lab = lab;
  }

  draw(ctx, width, height, colours) {
    const { model, run, settings } = this.lab;
    const straight = settings.loss === "linear";
    const loss = straight || settings.loss === "squared" ? squaredError : crossEntropy;
    const two = model.classes.length === 2;
    const reach = straight ? [-0.5, 1.5] : [0, 1];
    const frame = Frame.within(
      width,
      height,
      reach,
      [-0.15, straight ? 1.2 : settings.loss === "squared" ? 0.6 : 4.6],
      { left: 52 },
    );
    axes(ctx, frame, colours, { names: [two ? "h = P(B)" : "probability of the row's own class", "loss of the row"] });
    const xs = Array.from({ length: 401 }, (_, step) => reach[0] + ((reach[1] - reach[0]) * step) / 400);
    frame.clip(ctx, () => {
      ctx.lineWidth = 2.25;
      const curve = (own, colour) => {
        ctx.strokeStyle = colour;
        frame.line(
          ctx,
          xs.map((x) => [x, Math.min(loss(own(x)), 50)]),
        );
      };
      if (two) curve((x) => 1 - x, colours.classes[model.classes[0]]);
      curve((x) => x, two ? colours.classes[model.classes[1]] : colours.muted);
      const place = (point) => {
        const p = model.probabilities(run.now.beta, point);
        const own = p[model.classes.indexOf(point.label)];
        return [frame.toX(two ? p[1] : own), frame.toY(Math.min(loss(own), 4.5))];
      };
      drawPoints(ctx, this.lab.points, place, colours);
    });
  }
}
