// The data sets of the lessons. label 0, 1, 2: classes A, B, C. frame: what the plane shows.
import { CANCER } from "./cancer.js";
import { randomNumbers } from "./solvers.js";

function normalNumbers(seed) {
  const random = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** count points around (x1, x2); correlation between the two features. */
function cloud(normal, count, label, [x1, x2], spread = 1, correlation = 0) {
  return Array.from({ length: count }, () => {
    const [u, v] = [normal(), normal()];
    const second = correlation * u + Math.sqrt(1 - correlation ** 2) * v;
    return { x1: round(x1 + spread * u), x2: round(x2 + spread * second), label };
  });
}

const round = (value) => Math.round(value * 100) / 100;
const square = (reach) => ({ x: [-reach, reach], y: [-reach, reach] });
const onLine = (values, label) => values.map((x1) => ({ x1, x2: label ? 1 : -1, label }));

const TUMOURS = [...onLine([1.2, 2.1, 2.9, 3.6, 4.4, 5.6], 0), ...onLine([4.9, 5.4, 5.8, 6.2, 7.0, 8.6], 1)];
const FAR = onLine([21, 22.5, 24], 1);

function ring(normal, random) {
  const points = cloud(normal, 40, 0, [0, 0], 0.42);
  for (let i = 0; i < 50; i++) {
    const angle = 2 * Math.PI * random();
    const radius = 1.35 + 0.28 * normal();
    points.push({ x1: round(radius * Math.cos(angle)), x2: round(radius * Math.sin(angle)), label: 1 });
  }
  return points;
}

function moons(normal, random) {
  return Array.from({ length: 120 }, (_, i) => {
    const label = i % 2;
    const angle = Math.PI * random();
    const [x1, x2] = label ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)];
    return { x1: round(2 * (x1 - 0.5) + 0.38 * normal()), x2: round(2 * (x2 - 0.25) + 0.38 * normal()), label };
  });
}

function half(normal, random) {
  return Array.from({ length: 80 }, () => {
    const [x1, x2] = [round(10 * random()), round(10 * random())];
    return { x1, x2, label: Number(5 - x1 + 0.9 * normal() >= 0) };
  });
}

const SETS = {
  scores: () => {
    const normal = normalNumbers(4);
    const points = [...cloud(normal, 18, 0, [-1.6, -1], 1.3), ...cloud(normal, 18, 1, [1.6, 1], 1.3)];
    return { frame: { x: [-6, 6], y: [-6, 6] }, names: ["x", "x₂"], points };
  },
  tumours: () => ({ frame: { x: [0, 26], y: [-3, 3] }, names: ["size of the tumour", "x₂"], points: TUMOURS }),
  far: () => ({ frame: { x: [0, 26], y: [-3, 3] }, names: ["size of the tumour", "x₂"], points: [...TUMOURS, ...FAR] }),
  half: () => ({ frame: { x: [0, 10], y: [0, 10] }, points: half(normalNumbers(5), randomNumbers(6)) }),
  ring: () => ({ frame: square(2.2), points: ring(normalNumbers(7), randomNumbers(8)) }),
  clouds: () => {
    const normal = normalNumbers(12);
    const [A, B] = [cloud(normal, 50, 0, [-1.1, -0.3], 1.25, 0.75), cloud(normal, 50, 1, [1.1, 0.3], 1.25, 0.75)];
    return { frame: square(4.5), points: [...A, ...B] };
  },
  moons: () => ({ frame: square(3.6), points: moons(normalNumbers(9), randomNumbers(10)) }),
  row: () => {
    const normal = normalNumbers(39);
    const at = [
      [-1.9, -0.95],
      [0, 0],
      [1.9, 0.95],
    ];
    const counts = [45, 20, 45];
    return {
      frame: square(4.5),
      points: at.flatMap((centre, label) => cloud(normal, counts[label], label, centre, 0.8)),
    };
  },
  corners: () => {
    const normal = normalNumbers(14);
    const at = [
      [-1.7, -1.1],
      [1.8, -1.0],
      [0, 1.9],
    ];
    return { frame: square(4.5), points: at.flatMap((centre, label) => cloud(normal, 35, label, centre, 0.95)) };
  },
  cancer: () => ({
    frame: { x: [5, 30], y: [8, 41] },
    names: ["mean radius", "mean texture"],
    points: CANCER.map(([x1, x2, label]) => ({ x1, x2, label })),
  }),
  own: () => ({ frame: square(4.5), points: [] }),
};

export const dataSet = (name) => SETS[name]();
