// A frame on a canvas, and what is drawn in any: axes with round numbers, points, words.

/** A window on data, x from..to by y from..to, in a box of pixels. */
export class Frame {
  constructor(x, y, box) {
    Object.assign(this, { x, y, box });
  }

  static within(width, height, x, y, { left = 44, right = 10, top = 10, bottom = 36 } = {}) {
    return new Frame(x, y, {
      left,
      top,
      width: Math.max(10, width - left - right),
      height: Math.max(10, height - top - bottom),
    });
  }

  toX(value) {
    return this.box.left + ((value - this.x[0]) / (this.x[1] - this.x[0])) * this.box.width;
  }

  toY(value) {
    return this.box.top + ((this.y[1] - value) / (this.y[1] - this.y[0])) * this.box.height;
  }

  fromX(pixel) {
    return this.x[0] + ((pixel - this.box.left) / this.box.width) * (this.x[1] - this.x[0]);
  }

  fromY(pixel) {
    return this.y[1] - ((pixel - this.box.top) / this.box.height) * (this.y[1] - this.y[0]);
  }

  clip(ctx, draw) {
    const { left, top, width, height } = this.box;
    ctx.save();
    ctx.beginPath();
    ctx.roundRect(left, top, width, height, 6);
    ctx.clip();
    draw();
    ctx.restore();
  }

  vertical(ctx, x) {
    this.line(
      ctx,
      this.y.map((y) => [x, y]),
    );
  }

  horizontal(ctx, y) {
    this.line(
      ctx,
      this.x.map((x) => [x, y]),
    );
  }

  line(ctx, pairs) {
    ctx.beginPath();
    pairs.forEach(([x, y], index) =>
      index ? ctx.lineTo(this.toX(x), this.toY(y)) : ctx.moveTo(this.toX(x), this.toY(y)),
    );
    ctx.stroke();
  }
}

/** Round numbers that divide from..to into about `count` parts. */
function ticks([from, to], count) {
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * Math.SQRT2 * power >= raw);
  const found = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k++) found.push(k * step);
  return found;
}

/** A number as short as it can be read: three digits, a true minus sign. */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  let text = size !== 0 && (size >= 1e5 || size < 1e-4) ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  if (size >= 1000 && size < 1e5) text = String(Math.round(value));
  return text.replace("e+", "e").replaceAll("-", "−");
}

/** The frame's ground, faint grid, numbers and names of the axes. */
export function axes(ctx, frame, colours, { names, xTicks, yTicks, xText = short, yText = short, grid = true }) {
  const { left, top, width, height } = frame.box;
  const [xs, ys] = [
    xTicks ?? ticks(frame.x, Math.max(4, width / 70)),
    yTicks ?? ticks(frame.y, Math.max(3, height / 60)),
  ];
  ctx.lineWidth = 1;
  ctx.strokeStyle = colours.faint;
  if (grid) {
    xs.forEach((value) => frame.vertical(ctx, value));
    ys.forEach((value) => frame.horizontal(ctx, value));
  }
  ctx.fillStyle = colours.muted;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  xs.forEach((value) => ctx.fillText(xText(value), frame.toX(value), top + height + 5));
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ys.forEach((value) => ctx.fillText(yText(value), left - 6, frame.toY(value)));
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.fillText(names[0], left + width / 2, top + height + 35);
  ctx.save();
  ctx.translate(11, top + height / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textBaseline = "middle";
  ctx.fillText(names[1], 0, 0);
  ctx.restore();
}

/** A class is a shape as well as a colour: circle, square, triangle. */
function marker(ctx, label, x, y, radius) {
  ctx.beginPath();
  if (label === 0) ctx.arc(x, y, radius, 0, 2 * Math.PI);
  else if (label === 1) ctx.rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius);
  else {
    ctx.moveTo(x, y - 1.2 * radius);
    ctx.lineTo(x + 1.1 * radius, y + 0.8 * radius);
    ctx.lineTo(x - 1.1 * radius, y + 0.8 * radius);
    ctx.closePath();
  }
}

export function drawPoints(ctx, points, place, colours, highlight) {
  const radius = points.length > 250 ? 3.5 : 5;
  ctx.lineWidth = 1.25;
  points.forEach((point, index) => {
    const [x, y] = place(point);
    marker(ctx, point.label, x, y, index === highlight ? radius + 2.5 : radius);
    ctx.fillStyle = colours.classes[point.label];
    ctx.strokeStyle = index === highlight ? colours.ink : colours.card;
    ctx.fill();
    ctx.stroke();
  });
}

/** Dashed lines through a place, from side to side. */
export function crosshair(ctx, frame, [x, y], colours) {
  const { left, top, width, height } = frame.box;
  ctx.strokeStyle = colours.ink;
  ctx.lineWidth = 1;
  ctx.globalAlpha = 0.5;
  ctx.setLineDash([3, 4]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}
