// The solvers: each a generator that yields where it stands after every step, so that a step can be looked at.
// What it yields: beta, value (of J on all rows), gradient (on all rows), passes (over the data, so far).

const dot = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);
const moved = (beta, length, direction) => beta.map((b, index) => b + length * direction[index]);
const maxNorm = (vector) => vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Random numbers in [0, 1) that are the same on every run (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** beta <- beta - rate * gradient, all coefficients at once; where batchSize > 0, by so many rows, each once a sweep. */
function* gradientDescent(objective, start, { learningRate, batchSize }) {
  const random = randomNumbers(1);
  let now = { beta: start, passes: 1, ...objective.evaluate(start) };
  yield now;
  const order = Array.from({ length: objective.rows }, (_, index) => index);
  const size = batchSize > 0 ? Math.min(batchSize, objective.rows) : objective.rows;
  for (;;) {
    shuffle(order, random);
    for (let first = 0; first < order.length; first += size) {
      const rows = order.slice(first, first + size);
      const slope = rows.length === order.length ? now.gradient : objective.evaluate(now.beta, { rows }).gradient;
      const beta = moved(now.beta, -learningRate, slope);
      // J on all rows is read for the picture; of a mini-batch only its own rows count as work
      now = { beta, passes: now.passes + rows.length / order.length, ...objective.evaluate(beta) };
      yield now;
    }
  }
}

function shuffle(order, random) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
}

/** Solve H d = -g at each step; where H is not positive definite, H + shift I. */
function* newton(objective, start) {
  let now = { beta: start, passes: 1, ...objective.evaluate(start, { hessian: true }) };
  for (;;) {
    yield now;
    const direction = newtonDirection(objective.withGauge(now.hessian), now.gradient);
    const next = lineSearch(objective, now, direction, { hessian: true });
    if (!next) return;
    now = next;
  }
}

function newtonDirection(H, gradient) {
  const size = gradient.length;
  const negative = gradient.map((value) => -value);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += Math.abs(H[i * size + i]);
  for (let shift = 0; shift < 1e6 * trace + 1; shift = Math.max(10 * shift, (1e-12 * trace) / size + 1e-300)) {
    const direction = choleskySolve(H, shift, negative);
    if (direction) return direction;
  }
  return negative;
}

/** x with (H + shift I) x = b by Cholesky; null where that is not positive definite in floating point. */
function choleskySolve(H, shift, b) {
  const n = b.length;
  const L = Float64Array.from(H);
  for (let i = 0; i < n; i++) {
    L[i * n + i] += shift;
    const limit = 1e-14 * Math.abs(L[i * n + i]);
    for (let j = 0; j <= i; j++) {
      let sum = L[i * n + j];
      for (let k = 0; k < j; k++) sum -= L[i * n + k] * L[j * n + k];
      if (i !== j) L[i * n + j] = sum / L[j * n + j];
      else if (sum > limit) L[i * n + i] = Math.sqrt(sum);
      else return null;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= L[i * n + k] * x[k];
    x[i] /= L[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= L[k * n + i] * x[k];
    x[i] /= L[i * n + i];
  }
  return x;
}

/** L-BFGS: the inverse Hessian from the last ten steps and changes of gradient (Nocedal and Wright, algorithm 7.4). */
function* lbfgs(objective, start) {
  const pairs = [];
  let now = { beta: start, passes: 1, ...objective.evaluate(start) };
  for (;;) {
    yield now;
    const next = lineSearch(objective, now, twoLoopRecursion(pairs, now.gradient));
    if (!next) return;
    const step = moved(next.beta, -1, now.beta);
    const change = moved(next.gradient, -1, now.gradient);
    if (dot(step, change) > 0) pairs.push({ step, change, inverse: 1 / dot(step, change) });
    if (pairs.length > 10) pairs.shift();
    now = next;
  }
}

function twoLoopRecursion(pairs, gradient) {
  let q = gradient.map((value) => -value);
  const newestFirst = [...pairs].reverse();
  const weights = newestFirst.map(({ step, change, inverse }) => {
    const weight = inverse * dot(step, q);
    q = moved(q, -weight, change);
    return weight;
  });
  const newest = newestFirst[0];
  const scale = newest ? 1 / (newest.inverse * dot(newest.change, newest.change)) : 1 / (1 + maxNorm(gradient));
  q = q.map((value) => value * scale);
  pairs.forEach(({ step, change, inverse }, index) => {
    q = moved(q, weights[pairs.length - 1 - index] - inverse * dot(change, q), step);
  });
  return q;
}

/** Conjugate gradient of Polak and Ribiere, restarted where it would not descend (Nocedal and Wright, section 5.2). */
function* conjugateGradient(objective, start) {
  let now = { beta: start, passes: 1, ...objective.evaluate(start) };
  let direction = now.gradient.map((value) => -value);
  let first = 1 / (1 + maxNorm(now.gradient));
  for (;;) {
    yield now;
    const next = lineSearch(objective, now, direction, { c2: 0.1, first });
    if (!next) return;
    const change = moved(next.gradient, -1, now.gradient);
    const keep = Math.max(0, dot(next.gradient, change) / dot(now.gradient, now.gradient));
    const steepest = next.gradient.map((value) => -value);
    const conjugate = moved(steepest, keep, direction);
    const promise = next.length * dot(direction, now.gradient);
    direction = dot(conjugate, next.gradient) < 0 ? conjugate : steepest;
    first = promise / dot(direction, next.gradient); // it promises what the last step did
    now = next;
  }
}

/**
 * A length that fulfils the strong Wolfe conditions: the fall is enough, and the slope flat enough. The full step, or
 * `first`, is tried first, then a bracket is narrowed by the secant of the slopes. Null where no length descends.
 */
function lineSearch(objective, now, direction, { hessian = false, c2 = 0.9, first = 1 } = {}) {
  const slope = dot(now.gradient, direction);
  if (!(slope < 0)) return null;
  const rounding = 1e-15 * Math.abs(now.value);
  let low = { length: 0, slope };
  let high = null;
  let length = first;
  for (let trial = 1; trial <= 40; trial++) {
    const beta = moved(now.beta, length, direction);
    const next = { beta, length, passes: now.passes + trial, ...objective.evaluate(beta, { hessian }) };
    const end = { length, slope: dot(next.gradient, direction) };
    const falls = next.value <= now.value + 1e-4 * length * slope + rounding;
    if (falls && Math.abs(end.slope) <= c2 * Math.abs(slope)) return next;
    if (!falls || end.slope > 0) high = end;
    else low = end;
    length = high ? between(low, high) : 2 * length;
  }
  return null;
}

function between(low, high) {
  const width = high.length - low.length;
  const secant = high.slope > 0 ? low.slope / (low.slope - high.slope) : 0.5;
  return low.length + width * Math.min(0.9, Math.max(0.1, secant));
}

export const SOLVERS = {
  gd: { name: "Gradient descent", run: gradientDescent },
  cg: { name: "Conjugate gradient", run: conjugateGradient },
  lbfgs: { name: "L-BFGS", run: lbfgs },
  newton: { name: "Newton", run: newton },
};

/** Run a solver to the optimum, or until `until(now)`. Returns where it ended; `converged` says how. */
export function solve(objective, start, solver, settings, { limit = 100000, until = () => false } = {}) {
  let last = null;
  for (const now of SOLVERS[solver].run(objective, start, settings)) {
    last = now;
    if (objective.gradientNorm(now.gradient) <= 1e-10) return { ...now, converged: true };
    if (now.passes >= limit || !Number.isFinite(now.value) || until(now)) break;
  }
  return { ...last, converged: objective.gradientNorm(last.gradient) <= 1e-8 };
}
