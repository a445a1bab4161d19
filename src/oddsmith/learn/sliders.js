// The two coefficients of the cost surface: chosen by name, moved by sliders, or by a pointer on the surface itself.
import { Panel } from "./canvas.js";
import { short } from "./frame.js";
import { Surface } from "./surface.js";

export class Sliders {
  constructor(lab, root) {
    this.lab = lab;
    this.canvas = root.getElementById("surface");
    this.surface = new Surface(lab, this.canvas);
    this.panel = new Panel(this.canvas, (...drawing) => this.surface.draw(...drawing));
    this.aside = root.getElementById("slice");
    this.rows = ["first", "second"].map((id, place) => {
      const [choose, range, output] = ["", "-value", "-output"].map((suffix) => root.getElementById(id + suffix));
      choose.addEventListener("change", () => this.choose(place, Number(choose.value)));
      range.addEventListener("input", () => this.set({ [this.surface.axes[place]]: Number(range.value) }));
      return { choose, range, output };
    });
    this.canvas.addEventListener("pointerdown", (event) => this.drag(event));
    this.canvas.addEventListener(
      "pointermove",
      (event) => this.canvas.hasPointerCapture(event.pointerId) && this.drag(event),
    );
  }

  choose(place, index) {
    const [...pair] = this.surface.axes;
    if (pair[1 - place] === index) pair[1 - place] = pair[place]; // the same twice: they change places
    pair[place] = index;
    this.lab.settings.axes = pair;
    this.lab.changed("axes");
  }

  set(values) {
    const beta = Float64Array.from(this.lab.run.now.beta, (b, index) => values[index] ?? b);
    this.lab.startAt(beta);
  }

  drag(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { frame } = this.surface;
    const [i, j] = this.surface.axes;
    const within = (value, [from, to]) => Math.min(Math.max(value, from), to);
    if (event.type === "pointerdown") this.canvas.setPointerCapture(event.pointerId);
    this.set({
      [i]: within(frame.fromX(event.clientX - left), frame.x),
      [j]: within(frame.fromY(event.clientY - top), frame.y),
    });
  }

  refresh() {
    const { lab, surface } = this;
    const names = lab.model.longNames;
    const { beta } = lab.run.now;
    const window = surface.window;
    this.rows.forEach(({ choose, range, output }, place) => {
      const index = surface.axes[place];
      if (choose.dataset.names !== names.join())
        choose.replaceChildren(...names.map((name, value) => new Option(name, value)));
      choose.dataset.names = names.join();
      choose.value = index;
      const [from, to] = place ? window.y : window.x;
      Object.assign(range, { min: from, max: to, step: (to - from) / 400 });
      range.value = beta[index];
      range.setAttribute("aria-label", `Value of ${names[index]}`);
      range.setAttribute("aria-valuetext", short(beta[index]));
      output.textContent = short(beta[index]);
    });
    const scale = lab.settings.standardize ? "columns standardised" : "";
    const slice = names.length > 2 ? "other coefficients held fixed" : "";
    this.aside.textContent = [slice, scale].filter(Boolean).join("; ");
    this.canvas.setAttribute(
      "aria-label",
      `Contours of the cost over ${surface.axes.map((index) => names[index]).join(" and ")}, with the path of the run`,
    );
    this.panel.refresh();
  }
}
