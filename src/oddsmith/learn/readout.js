// What is told in words and numbers: the fitted equation, the place pointed at, the table of runs.
import { short } from "./frame.js";
import { CLASS_NAMES } from "./model.js";

const TERMS = 6;
const ROWS = 5;
const HOW = {
  mouse: "Click adds, drag moves, right-click removes; or arrow keys, Enter, Delete.",
  finger: "Tap adds a point, dragging moves it; Remove, then tap, takes it away.",
};
const percent = (share) => (Number.isFinite(share) ? `${Number((100 * share).toPrecision(3))} %` : "–");

/** The score of each output on raw columns: 0.52 + 1.2 x₁ − 0.77 x₂. */
export function equations(lab) {
  const { model, run } = lab;
  return model.features.toRaw(run.now.beta).map(([intercept, ...slopes], k) => {
    const terms = slopes.map(
      (slope, j) => `${slope < 0 ? "−" : "+"} ${short(Math.abs(slope))} ${model.features.names[j]}`,
    );
    const shown = terms.slice(0, TERMS).join(" ") + (terms.length > TERMS ? ` + ${terms.length - TERMS} more` : "");
    const name = model.objective.outputs === 1 ? "score" : `score of ${CLASS_NAMES[model.classes[k]]}`;
    return `${name} = ${short(intercept)} ${shown}`;
  });
}

export function probeText(lab, cursor) {
  if (!cursor) return matchMedia("(pointer: coarse)").matches ? HOW.finger : HOW.mouse;
  const { model, run, settings } = lab;
  const scores = model.scores(run.now.beta, cursor);
  const shares = model.probabilities(run.now.beta, cursor);
  const place =
    settings.view === "line" ? `x = ${short(cursor.x1)}` : `x₁ = ${short(cursor.x1)}, x₂ = ${short(cursor.x2)}`;
  const answers = model.classes.map((label, k) => `${CLASS_NAMES[label]} ${percent(shares[k])}`);
  return `${place}: ${scores.length === 1 ? `score ${short(scores[0])}, ` : ""}${answers.join(", ")}`;
}

/** The present run, then the earlier ones, each with the colour of its curve. Always as many rows: nothing jumps. */
export function runsTable(lab, body) {
  const earlier = lab.ghosts.map((run, index) => ({ run, swatch: `ghost-${index}` })).reverse();
  const rows = [{ run: { ...lab.run, quality: lab.quality }, swatch: "accent" }, ...earlier].slice(0, ROWS);
  const cells = Array.from({ length: ROWS }, (_, index) => (rows[index] ? row(rows[index]) : blank()));
  body.replaceChildren(...cells);
}

function row({ run, swatch }) {
  const line = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  const mark = document.createElement("i");
  mark.style.background = `var(--${swatch})`;
  name.append(mark, run.label);
  const ending = { diverged: " ran away", limit: " …", converged: " ✓" }[run.end] ?? "";
  const { accuracy, precision } = run.quality;
  const cost = Number.isFinite(run.now.value) ? run.now.value.toPrecision(5) : "∞";
  line.append(
    name,
    cell(Math.round(run.now.passes) + ending),
    cell(cost),
    cell(percent(accuracy)),
    cell(percent(precision)),
  );
  return line;
}

function cell(text) {
  const element = document.createElement("td");
  element.textContent = text;
  return element;
}

function blank() {
  const line = document.createElement("tr");
  line.append(cell("\u00a0"), ...Array.from({ length: 4 }, () => cell("")));
  line.setAttribute("aria-hidden", "true");
  return line;
}
