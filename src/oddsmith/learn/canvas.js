// Canvases at the screen's own resolution, in the theme's colours.

const COLOUR_NAMES = [
  "card",
  "plane",
  "ink",
  "muted",
  "faint",
  "accent",
  "class-0",
  "class-1",
  "class-2",
  "ghost-0",
  "ghost-1",
  "ghost-2",
  "ghost-3",
];

/** The theme's colours, as the style sheet has them. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colours = Object.fromEntries(COLOUR_NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  colours.classes = [0, 1, 2].map((label) => colours[`class-${label}`]);
  colours.ghosts = [0, 1, 2, 3].map((index) => colours[`ghost-${index}`]);
  return colours;
}

export function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Colours as [r, g, b], mixed by weights that add up to one. */
export function mix(colours, weights) {
  return [0, 1, 2].map((channel) => colours.reduce((sum, colour, index) => sum + colour[channel] * weights[index], 0));
}

/** The ground, tinted by how much the most probable class is ahead of chance. */
export function tint(probabilities, inks, ground) {
  const within = probabilities.map((p) => Math.min(1, Math.max(0, p)));
  const sum = within.reduce((a, b) => a + b, 0) || 1;
  const shares = within.map((p) => p / sum);
  const chance = 1 / shares.length;
  const strength = (0.42 * (Math.max(...shares) - chance)) / (1 - chance);
  return mix([ground, mix(inks, shares)], [1 - strength, strength]);
}

/** A canvas that is drawn once a frame at most, and again when its size or the screen's resolution changes. */
export class Panel {
  constructor(canvas, draw) {
    this.canvas = canvas;
    this.draw = draw;
    this.pending = false;
    new ResizeObserver(() => this.refresh()).observe(canvas);
  }

  refresh() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
    });
  }

  paint() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    const ctx = canvas.getContext("2d");
    ctx.setTransform(w / width, 0, 0, h / height, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.font = `12px ${getComputedStyle(canvas).fontFamily}`;
    ctx.lineJoin = ctx.lineCap = "round";
    this.draw(ctx, width, height, palette());
  }
}
