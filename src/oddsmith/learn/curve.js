// The cost against passes over the data: the present run, and earlier ones faint beside it.
import { axes, Frame, short } from "./frame.js";

export class Curve {
  constructor(lab) {
    this.lab = lab;
    this.log = false; // distance to the optimum on logarithmic axes, rather than the cost itself
  }

  draw(ctx, width, height, colours) {
    const { lab } = this;
    const runs = [
      ...lab.ghosts.map((run, index) => ({ run, colour: colours.ghosts[index] })),
      { run: lab.run, colour: colours.accent },
    ];
    const logarithmic = this.log && Boolean(lab.optimum?.converged);
    const lines = runs.map(({ run, colour }) => ({ colour, pairs: this.pairs(run, logarithmic) }));
    const frame = this.frame(width, height, lines, logarithmic);
    this.axes(ctx, frame, colours, logarithmic);
    frame.clip(ctx, () =>
      lines.forEach(({ pairs, colour }, index) => {
        ctx.strokeStyle = ctx.fillStyle = colour;
        ctx.lineWidth = index === lines.length - 1 ? 2.25 : 1.5;
        if (pairs.length) frame.line(ctx, pairs);
        for (const [x, y] of pairs.length <= 40 ? pairs : pairs.slice(-1)) {
          ctx.beginPath();
          ctx.arc(frame.toX(x), frame.toY(y), 3, 0, 2 * Math.PI);
          ctx.fill();
        }
      }),
    );
  }

  /** Where the curve goes, thinned to what can be seen. */
  pairs(run, logarithmic) {
    const { optimum } = this.lab;
    const every = Math.max(1, Math.floor(run.curve.length / 1500));
    const kept = run.curve.filter((_, index) => index % every === 0 || index === run.curve.length - 1);
    const all = kept.map(({ passes, value }) =>
      logarithmic ? [Math.log10(passes), Math.log10(Math.max(value - optimum.value, 1e-16))] : [passes, value],
    );
    return all.filter(([, y]) => Number.isFinite(y));
  }

  frame(width, height, lines, logarithmic) {
    const [xs, ys] = [0, 1].map((axis) => lines.flatMap(({ pairs }) => pairs.map((pair) => pair[axis])));
    const most = xs.reduce((a, b) => Math.max(a, b), logarithmic ? 1 : 10);
    const top = ys.reduce((a, b) => Math.max(a, b), logarithmic ? 0 : 0.1);
    const bottom = logarithmic ? Math.floor(ys.reduce((a, b) => Math.min(a, b), -2)) : 0;
    return Frame.within(width, height, [0, most * 1.02], [bottom, bottom + (top - bottom) * 1.06], {
      left: logarithmic ? 64 : 52,
    });
  }

  axes(ctx, frame, colours, logarithmic) {
    if (!logarithmic) return axes(ctx, frame, colours, { names: ["passes over the data", "cost J"] });
    const whole = ([from, to], step) => {
      const found = [];
      for (let power = Math.ceil(from); power <= to; power += step) found.push(power);
      return found;
    };
    const power = (value) => (value >= 0 ? short(10 ** value) : `10${superscript(value)}`);
    return axes(ctx, frame, colours, {
      names: ["passes over the data", "above the optimum"],
      xTicks: whole(frame.x, 1),
      yTicks: whole(frame.y, frame.y[1] - frame.y[0] > 8 ? 4 : 2),
      xText: power,
      yText: power,
    });
  }
}

const superscript = (value) => [...String(value)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("");
