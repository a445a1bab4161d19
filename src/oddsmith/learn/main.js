// The page: lessons, theme, the run, and who redraws what.
import { Panel } from "./canvas.js";
import { controls } from "./controls.js";
import { Curve } from "./curve.js";
import { Features } from "./features.js";
import { Lab } from "./lab.js";
import { LESSONS } from "./lessons.js";
import { fitPoints } from "./model.js";
import { equations, probeText, runsTable } from "./readout.js";
import { Rows } from "./rows.js";
import { Runner } from "./runner.js";
import { Sliders } from "./sliders.js";
import { Stage } from "./stage.js";
import { theme } from "./theme.js";

const $ = (id) => document.getElementById(id);
const checked = (name) => document.querySelector(`input[name="${name}"]:checked`).value;

const lab = new Lab();
const runner = new Runner(lab, {
  run: $("run"),
  step: $("step"),
  reset: $("reset"),
  speed: $("speed"),
  told: document.querySelector('output[for="speed"]'),
});
const stage = new Stage(lab, $("stage"), {
  tool: () => checked("tool"),
  onProbe: (cursor) => ($("probe").textContent = probeText(lab, cursor)),
});
const sliders = new Sliders(lab, document);
const charts = { curve: new Curve(lab), rows: new Rows(lab) };
const chart = new Panel($("curve"), (...drawing) => charts[checked("chart")].draw(...drawing));
const showControls = controls(lab, document);

function showChart(name = checked("chart")) {
  document.querySelector(`input[name="chart"][value="${name}"]`).checked = true;
  $("log").checked = charts.curve.log;
  $("log").disabled = name !== "curve";
  $("curve").setAttribute(
    "aria-label",
    name === "curve" ? "Cost against passes over the data" : "Cost of each row against its probability",
  );
  chart.refresh();
}

function redraw() {
  stage.refresh();
  sliders.refresh();
  chart.refresh();
}

function show() {
  redraw();
  runner.show();
  runsTable(lab, $("runs"));
  $("note").textContent =
    lab.run.note ?? (runner.running ? "Running." : `${Math.round(lab.run.now.passes)} passes over the data.`);
  $("note").dataset.end = lab.run.end ?? (lab.run.rose && lab.batch === 0 ? "rose" : "");
  $("fitted").replaceChildren(
    ...equations(lab).map((text) => Object.assign(document.createElement("span"), { textContent: text })),
  );
}

lab.watchers.push((what) => {
  if (what !== "step") {
    runner.changed(what);
    showControls();
  }
  show();
});

/** Show a lesson: its words, its preset, its things to try. */
function openLesson(number) {
  const lesson = LESSONS[number - 1];
  runner.pause();
  document
    .querySelectorAll("[data-lesson]")
    .forEach((article) => (article.hidden = Number(article.dataset.lesson) !== number));
  document
    .querySelectorAll("#lessons a")
    .forEach((link, index) => link.setAttribute("aria-current", String(index === number - 1)));
  stage.views.line.beside = new Set(lesson.beside ?? []);
  charts.curve.log = Boolean(lesson.log);
  runner.speed = lesson.speed ?? 2;
  lab.load(lesson.preset);
  showChart(lesson.chart ?? "curve");
  if (lesson.run) runner.start();
}

function tryOut({ set, beside, run, speed }) {
  runner.pause();
  if (speed) runner.speed = speed;
  if (beside) stage.views.line.beside = new Set(beside);
  if (set) lab.set(set);
  else if (run) lab.set({});
  if (run) runner.start();
  redraw();
}

function buildLessons() {
  LESSONS.forEach(({ title, tries }, index) => {
    const link = Object.assign(document.createElement("a"), { href: `#${index + 1}` });
    link.append(Object.assign(document.createElement("b"), { textContent: index + 1 }), ` ${title}`);
    link.setAttribute("aria-label", `Lesson ${index + 1}: ${title}`);
    $("lessons").append(link);
    const buttons = tries.map((attempt) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: attempt.name });
      button.addEventListener("click", () => tryOut(attempt));
      return button;
    });
    const box = Object.assign(document.createElement("p"), { className: "tries" });
    box.append(...buttons);
    document.querySelector(`[data-lesson="${index + 1}"] > div`).append(box);
  });
}

const lessonOfAddress = () => Math.min(LESSONS.length, Math.max(1, parseInt(location.hash.slice(1), 10) || 1));

buildLessons();
theme($("theme"), redraw);
$("clear").addEventListener("click", () => lab.edit([]));
$("log").addEventListener("change", () => {
  charts.curve.log = $("log").checked;
  chart.refresh();
});
document
  .querySelectorAll('input[name="chart"]')
  .forEach((option) => option.addEventListener("change", () => showChart()));
window.addEventListener("hashchange", () => openLesson(lessonOfAddress()));
openLesson(lessonOfAddress());

// for the curious, and for the tests: the same arithmetic from the console
window.oddsmith = { lab, runner, fitPoints, Features, LESSONS };
