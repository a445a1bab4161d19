// The presets of the eight lessons, and what to try in each. The words are in lessons.html.
// preset: settings of the lab. beside: what the sigmoid is drawn with. chart, log: of the chart. speed: of the run.
// tries: a button each; what it sets, whether it runs, and how fast if not as before.

const VALLEY = { x: [-6, 6], y: [-6, 5] }; // what is shown of b and w, the flat ground too
const FLAT = [[0, -5]]; // where the squared error of a sigmoid has next to no slope

export const LESSONS = [
  {
    title: "Sigmoid",
    preset: { data: "scores", view: "line", solver: "newton", start: [[0, 1]], window: { x: [-4, 4], y: [-1, 5] } },
    tries: [
      { name: "Steeper: w = 4", set: { start: [[0, 4]] } },
      { name: "Shifted: b = −3", set: { start: [[-3, 1]] } },
      { name: "Its slope", beside: ["slope"] },
      { name: "Probit and cloglog", beside: ["probit", "cloglog"] },
      { name: "Fit the points", run: true },
    ],
  },
  {
    title: "Why no line",
    preset: { data: "far", view: "line", solver: "newton" },
    beside: ["straight"],
    run: true,
    tries: [
      { name: "Without the far ones", set: { data: "tumours", loss: "entropy", solver: "newton" }, run: true },
      { name: "With them", set: { data: "far", loss: "entropy", solver: "newton" }, run: true },
      {
        name: "Descend on the line itself",
        set: { data: "far", loss: "linear", solver: "gd", learningRate: 0.01 },
        run: true,
        speed: 4,
      },
    ],
  },
  {
    title: "Boundary",
    preset: { data: "half", degree: 1, solver: "newton", start: [[5, -1, 0]], axes: [0, 1] },
    tries: [
      { name: "θ = (5, −1, 0)", set: { data: "half", degree: 1, start: [[5, -1, 0]], axes: [0, 1] } },
      { name: "A circle", set: { data: "ring", degree: 2, start: [[-1, 0, 0, 1, 0, 1]], axes: [0, 3] } },
      { name: "Fit the ring", set: { data: "ring", degree: 2, alpha: 0.001, start: null, axes: [0, 3] }, run: true },
      { name: "Moons, degree 3", set: { data: "moons", degree: 3, alpha: 0.001, start: null, axes: null }, run: true },
      { name: "Degree 6", set: { data: "moons", degree: 6, alpha: 0.00001, start: null, axes: null }, run: true },
    ],
  },
  {
    title: "Cost",
    preset: { data: "scores", view: "line", solver: "gd", learningRate: 0.5, window: VALLEY },
    chart: "rows",
    speed: 3,
    tries: [
      { name: "Cross-entropy", set: { loss: "entropy", start: null, window: VALLEY } },
      { name: "Squared error", set: { loss: "squared", start: null, window: VALLEY } },
      { name: "Squared, from flat ground", set: { loss: "squared", start: FLAT, window: VALLEY }, run: true },
      { name: "Cross-entropy from there", set: { loss: "entropy", start: FLAT, window: VALLEY }, run: true },
    ],
  },
  {
    title: "Descent",
    preset: { data: "clouds", solver: "gd", learningRate: 0.5, maxIter: 300 },
    tries: [
      { name: "Too small", set: { learningRate: 0.02, batchSize: 0, maxIter: 300 }, run: true },
      { name: "Good", set: { learningRate: 2, batchSize: 0, maxIter: 300 }, run: true },
      { name: "Too large", set: { learningRate: 20, batchSize: 0, maxIter: 300 }, run: true },
      { name: "Batches of 10", set: { learningRate: 0.5, batchSize: 10, maxIter: 500 }, run: true },
      { name: "One row at a time", set: { learningRate: 0.1, batchSize: 1, maxIter: 1000 }, run: true },
    ],
  },
  {
    title: "Solvers",
    preset: { data: "moons", degree: 3, standardize: true, alpha: 0.001, solver: "gd", learningRate: 1, maxIter: 1000 },
    log: true,
    speed: 3,
    tries: [
      { name: "Gradient descent", set: { solver: "gd" }, run: true },
      { name: "Conjugate gradient", set: { solver: "cg" }, run: true },
      { name: "L-BFGS", set: { solver: "lbfgs" }, run: true },
      { name: "Newton", set: { solver: "newton" }, run: true },
    ],
  },
  {
    title: "Classes",
    preset: { data: "row", loss: "onevsall", solver: "newton" },
    run: true,
    tries: [
      { name: "In a row: one-vs-all", set: { data: "row", loss: "onevsall" }, run: true },
      { name: "In a row: softmax", set: { data: "row", loss: "entropy" }, run: true },
      { name: "Corners: one-vs-all", set: { data: "corners", loss: "onevsall" }, run: true },
      { name: "Corners: softmax", set: { data: "corners", loss: "entropy" }, run: true },
    ],
  },
  {
    title: "Cancer",
    preset: { data: "cancer", solver: "gd", learningRate: 0.005 },
    log: true,
    speed: 4,
    tries: [
      { name: "Raw columns", set: { standardize: false, solver: "gd", learningRate: 0.005 }, run: true },
      { name: "Standardised", set: { standardize: true, solver: "gd", learningRate: 2 }, run: true },
      { name: "Newton, raw", set: { standardize: false, solver: "newton" }, run: true },
      { name: "Newton, standardised", set: { standardize: true, solver: "newton" }, run: true },
    ],
  },
];
