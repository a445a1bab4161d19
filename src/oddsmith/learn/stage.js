// The stage: plane or line on one canvas, and points added, moved and removed by mouse, finger and keyboard.
import { Panel } from "./canvas.js";
import { Line } from "./line.js";
import { CLASS_NAMES } from "./model.js";
import { Plane } from "./plane.js";

const NEAR = { mouse: 9, pen: 12, touch: 20 };

export class Stage {
  constructor(lab, canvas, { tool, onProbe }) {
    Object.assign(this, { lab, canvas, tool, onProbe });
    this.views = { plane: new Plane(lab), line: new Line(lab) };
    this.cursor = null;
    this.highlight = -1;
    this.panel = new Panel(canvas, (ctx, width, height, colours) => {
      this.view.draw(ctx, width, height, colours, this);
      this.onProbe(this.cursor);
    });
    this.listen();
  }

  get view() {
    return this.views[this.lab.settings.view];
  }

  refresh() {
    this.panel.refresh();
    const { points, settings } = this.lab;
    const counts = CLASS_NAMES.map(
      (name, label) => `${points.filter((point) => point.label === label).length} of ${name}`,
    );
    const kind = settings.view === "line" ? "Line of one feature" : "Plane of two features";
    this.canvas.setAttribute("aria-label", `${kind} with the model's probabilities; points: ${counts.join(", ")}`);
  }

  listen() {
    const on = (name, act, options) => this.canvas.addEventListener(name, act, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", () => (this.held = this.tap = null));
    on("pointerleave", () => this.point(null, -1));
    on("contextmenu", (event) => event.preventDefault());
    on("keydown", (event) => this.key(event));
    on("blur", () => this.point(null, -1));
    // a finger on a point moves the point; anywhere else it scrolls the page
    on("touchstart", (event) => this.nearest(this.at(event.touches[0]), NEAR.touch) >= 0 && event.preventDefault(), {
      passive: false,
    });
  }

  at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  nearest([x, y], reach) {
    let [found, least] = [-1, reach];
    this.lab.points.forEach((point, index) => {
      const [px, py] = this.view.toPixel(point);
      const distance = Math.hypot(px - x, py - y);
      if (distance <= least) [found, least] = [index, distance];
    });
    return found;
  }

  /** The place under a pixel, kept inside the frame. */
  place([x, y]) {
    const { left, top, width, height } = this.view.frame.box;
    const within = (value, from, size) => Math.min(Math.max(value, from), from + size);
    return this.view.fromPixel(within(x, left, width), within(y, top, height));
  }

  point(cursor, highlight) {
    Object.assign(this, { cursor, highlight });
    this.panel.refresh();
  }

  down(event) {
    const pixel = this.at(event);
    const index = this.nearest(pixel, NEAR[event.pointerType] ?? NEAR.mouse);
    if (event.button === 2 || this.tool() === "remove") {
      if (index >= 0) this.remove(index);
    } else if (index >= 0) {
      this.held = index;
      this.canvas.setPointerCapture(event.pointerId);
    } else if (event.pointerType === "touch")
      this.tap = pixel; // it may become a scroll
    else if (event.button === 0) {
      this.held = this.add(this.place(pixel));
      this.canvas.setPointerCapture(event.pointerId);
    }
  }

  move(event) {
    const pixel = this.at(event);
    if (this.held != null) this.shift(this.held, this.place(pixel));
    const near = this.held ?? this.nearest(pixel, NEAR.mouse);
    this.canvas.style.cursor = near >= 0 ? "grab" : "crosshair";
    if (event.pointerType !== "touch") this.point(this.inside(pixel) ? { x2: 0, ...this.place(pixel) } : null, near);
  }

  up(event) {
    const pixel = this.at(event);
    if (this.tap && Math.hypot(pixel[0] - this.tap[0], pixel[1] - this.tap[1]) < 8) this.add(this.place(pixel));
    this.held = this.tap = null;
  }

  inside([x, y]) {
    const { left, top, width, height } = this.view.frame.box;
    return x >= left && x <= left + width && y >= top && y <= top + height;
  }

  add(place) {
    const label = Number(this.tool());
    if (Number.isNaN(label)) return null;
    this.lab.edit([...this.lab.points, { x2: 0, ...place, label }]);
    return this.lab.points.length - 1;
  }

  shift(index, place) {
    this.lab.edit(this.lab.points.map((point, other) => (other === index ? { ...point, ...place } : point)));
  }

  remove(index) {
    this.highlight = -1;
    this.lab.edit(this.lab.points.filter((_, other) => other !== index));
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { box } = this.view.frame;
    const [x, y] = this.cursor
      ? this.view.toPixel({ label: 0, ...this.cursor })
      : [box.left + box.width / 2, box.top + box.height / 2];
    if (event.key in steps) {
      const [dx, dy] = steps[event.key].map((step) => (step * box.width) / 40);
      const moved = { x2: 0, ...this.place([x + dx, y + dy]) };
      if (event.shiftKey && this.highlight >= 0) this.shift(this.highlight, this.place([x + dx, y + dy]));
      const near = event.shiftKey ? this.highlight : this.nearest(this.view.toPixel({ label: 0, ...moved }), 14);
      this.point(moved, near);
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.tool() === "remove") this.removeNear([x, y]);
      else {
        const place = { x2: 0, ...this.place([x, y]) };
        this.point(place, this.add(place));
      }
    } else if (event.key === "Delete" || event.key === "Backspace") this.removeNear([x, y]);
    else return;
    event.preventDefault();
  }

  removeNear(pixel) {
    const index = this.highlight >= 0 ? this.highlight : this.nearest(pixel, 14);
    if (index >= 0) this.remove(index);
  }
}
