// Lines of equal value on a grid, by marching squares.

/**
 * values: (columns + 1) x (rows + 1) at the nodes, row after row.
 * Returns lines, each a list of [u, v] in units of cells.
 */
function contour(values, columns, rows, level) {
  const segments = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * (columns + 1) + column;
      const corners = [at, at + 1, at + columns + 2, at + columns + 1].map((node) => values[node] - level);
      const inside = corners.filter((value) => value > 0).length;
      if (inside > 0 && inside < 4) segments.push(...segmentsOf(corners, column, row, at, columns));
    }
  }
  return joined(segments);
}

/** Where the sign changes on an edge of a cell, the line crosses it: [u, v, number of the edge on the whole grid]. */
function segmentsOf([a, b, c, d], column, row, at, columns) {
  const found = [];
  if (a > 0 !== b > 0) found.push([column + a / (a - b), row, 2 * at]);
  if (b > 0 !== c > 0) found.push([column + 1, row + b / (b - c), 2 * (at + 1) + 1]);
  if (c > 0 !== d > 0) found.push([column + d / (d - c), row + 1, 2 * (at + columns + 1)]);
  if (d > 0 !== a > 0) found.push([column, row + a / (a - d), 2 * at + 1]);
  if (found.length === 2) return [found];
  // a saddle: the mean decides which corners belong together
  const [p, q, r, s] = a + b + c + d > 0 === a > 0 ? found : [found[3], ...found.slice(0, 3)];
  return [
    [p, q],
    [r, s],
  ];
}

/** Segments put together into lines: neighbouring cells cross their common edge at the same place. */
function joined(segments) {
  const at = new Map(); // from an edge to the one or two segments that end on it
  for (const segment of segments) for (const end of segment) at.set(end[2], [...(at.get(end[2]) ?? []), segment]);
  const left = new Set(segments);
  const follow = (end) => {
    const line = [];
    for (;;) {
      const next = at.get(end[2]).find((segment) => left.has(segment));
      if (!next) return line;
      left.delete(next);
      end = next[0][2] === end[2] ? next[1] : next[0];
      line.push(end);
    }
  };
  const lines = [];
  for (const segment of segments) {
    if (!left.delete(segment)) continue;
    const [from, to] = segment;
    lines.push([...follow(from).reverse(), from, to, ...follow(to)]);
  }
  return lines;
}

/** A grid of columns x rows cells over a frame, with the values of f(x, y) at its nodes. */
export class Grid {
  constructor(columns, rows) {
    Object.assign(this, { columns, rows });
  }

  nodes(frame, visit) {
    for (let row = 0, at = 0; row <= this.rows; row++) {
      const y = frame.y[1] + (row / this.rows) * (frame.y[0] - frame.y[1]);
      for (let column = 0; column <= this.columns; column++, at++)
        visit(frame.x[0] + (column / this.columns) * (frame.x[1] - frame.x[0]), y, at);
    }
  }

  get size() {
    return (this.columns + 1) * (this.rows + 1);
  }

  /** The contour as a path in the frame's pixels; only where `mask`, values at the nodes too, is not below 0. */
  path(frame, values, level, mask = null) {
    const { left, top, width, height } = frame.box;
    const path = new Path2D();
    const place = ([u, v]) => [left + (u / this.columns) * width, top + (v / this.rows) * height];
    const lines = contour(values, this.columns, this.rows, level);
    for (const line of mask ? lines.flatMap((whole) => this.masked(whole, mask)) : lines)
      line.forEach((end, index) => (index ? path.lineTo(...place(end)) : path.moveTo(...place(end))));
    return path;
  }

  /** The parts of a line where the mask is not below 0, cut where it changes sign. */
  masked(line, mask) {
    const heights = line.map((end) => this.between(mask, end));
    const parts = [];
    for (let at = 1; at < line.length; at++) {
      const [a, b] = [heights[at - 1], heights[at]];
      if (a < 0 && b < 0) continue;
      const cut = a / (a - b);
      const crossing = [0, 1].map((axis) => line[at - 1][axis] + cut * (line[at][axis] - line[at - 1][axis]));
      const [from, to] = [a < 0 ? crossing : line[at - 1], b < 0 ? crossing : line[at]];
      if (a < 0 || !parts.length) parts.push([from]);
      parts.at(-1).push(to);
    }
    return parts;
  }

  /** A value between the nodes. */
  between(values, [u, v]) {
    const [column, row] = [Math.min(Math.floor(u), this.columns - 1), Math.min(Math.floor(v), this.rows - 1)];
    const [right, down] = [u - column, v - row];
    const at = row * (this.columns + 1) + column;
    const upper = values[at] * (1 - right) + values[at + 1] * right;
    return (
      upper * (1 - down) + (values[at + this.columns + 1] * (1 - right) + values[at + this.columns + 2] * right) * down
    );
  }

  /** Fill the frame smoothly with the colour(at) of each node, [r, g, b]. */
  fill(ctx, frame, colour) {
    this.picture ??= new OffscreenCanvas(this.columns + 1, this.rows + 1);
    const image = new ImageData(this.columns + 1, this.rows + 1);
    for (let at = 0; at < this.size; at++) {
      const [r, g, b] = colour(at);
      image.data.set([r, g, b, 255], 4 * at);
    }
    this.picture.getContext("2d").putImageData(image, 0, 0);
    const { left, top, width, height } = frame.box;
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(this.picture, 0.5, 0.5, this.columns, this.rows, left, top, width, height);
  }
}
