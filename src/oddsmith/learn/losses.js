// The losses: what a row costs at its scores eta, with derivatives in eta, and the probabilities that go with it.

/** g(z) = 1 / (1 + e^-z) by whichever exponential cannot overflow. */
function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/** log(1 + e^z), without overflow. */
function softplus(z) {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

const logit = (p) => Math.log(p / (1 - p));

// The loss of one output at the score eta when its target t is 0 or 1: value, first and second derivative in eta, the
// mean and its inverse, the link, and a bound of the second derivative (0: not convex, no such bound).
export const LOSSES = {
  entropy: {
    value: (eta, t) => softplus(t ? -eta : eta), // -log h for t = 1, -log(1 - h) for t = 0
    rowGradient: (eta, t) => (t ? -sigmoid(-eta) : sigmoid(eta)), // h - t, without cancellation
    rowHessian: (eta) => sigmoid(eta) * sigmoid(-eta), // h (1 - h)
    mean: sigmoid,
    link: logit,
    bound: 0.25,
  },
  squared: {
    value: (eta, t) => 0.5 * (sigmoid(eta) - t) ** 2,
    rowGradient: (eta, t) => (sigmoid(eta) - t) * sigmoid(eta) * sigmoid(-eta),
    rowHessian(eta, t) {
      const h = sigmoid(eta);
      const slope = h * sigmoid(-eta);
      return slope * (slope + (h - t) * (1 - 2 * h)); // may be negative
    },
    mean: sigmoid,
    link: logit,
    bound: 0,
  },
  linear: {
    value: (eta, t) => 0.5 * (eta - t) ** 2,
    rowGradient: (eta, t) => eta - t,
    rowHessian: () => 1,
    mean: (eta) => eta,
    link: (p) => p,
    bound: 1,
  },
};

/** Outputs that do not know of each other: one for two classes; one for each class otherwise, which is one-vs-all. */
function separateOutputs(loss, outputs) {
  const target = (label, k) => (outputs === 1 ? label : Number(label === k));
  return {
    bound: loss.bound,
    link: loss.link,
    coupled: false,
    value(eta, label) {
      let sum = 0;
      for (let k = 0; k < outputs; k++) sum += loss.value(eta[k], target(label, k));
      return sum;
    },
    rowGradient(eta, label, out) {
      for (let k = 0; k < outputs; k++) out[k] = loss.rowGradient(eta[k], target(label, k));
    },
    rowHessian(eta, label, out) {
      out.fill(0);
      for (let k = 0; k < outputs; k++) out[k * outputs + k] = loss.rowHessian(eta[k], target(label, k));
    },
    /** One number for each class. For one-vs-all they need not add up to one. */
    probabilities(eta) {
      return outputs === 1 ? [1 - loss.mean(eta[0]), loss.mean(eta[0])] : Array.from(eta, loss.mean);
    },
    /** Above 0 where a class is predicted: the second of two, else each against the rest. */
    margins: (eta) => (outputs === 1 ? [eta[0] - loss.link(0.5)] : aheadOfOthers(eta)),
  };
}

/** Softmax: p_k = e^eta_k / sum_l e^eta_l, and the loss is -log of the probability of the row's own class. */
function softmax(outputs) {
  const probabilities = (eta) => {
    const top = Math.max(...eta);
    const parts = Array.from(eta, (value) => Math.exp(value - top));
    const sum = parts.reduce((a, b) => a + b);
    return parts.map((part) => part / sum);
  };
  return {
    bound: 0.5,
    coupled: true,
    value(eta, label) {
      let top = -Infinity;
      for (let k = 0; k < outputs; k++) top = Math.max(top, eta[k]);
      let sum = 0;
      for (let k = 0; k < outputs; k++) sum += Math.exp(eta[k] - top);
      return top - eta[label] + Math.log(sum);
    },
    rowGradient(eta, label, out) {
      probabilities(eta).forEach((p, k) => (out[k] = p - Number(k === label)));
    },
    rowHessian(eta, label, out) {
      const p = probabilities(eta);
      for (let k = 0; k < outputs; k++)
        for (let l = 0; l < outputs; l++) out[k * outputs + l] = p[k] * (Number(k === l) - p[l]);
    },
    probabilities,
    margins: aheadOfOthers,
  };
}

function aheadOfOthers(eta) {
  return Array.from(eta, (own, k) => own - Math.max(...Array.from(eta).filter((_, l) => l !== k)));
}

/** The loss by name: "entropy" (softmax for three classes), "onevsall", "squared", "linear". */
export function lossOf(name, classes) {
  if (name === "entropy" && classes > 2) return softmax(classes);
  return separateOutputs(LOSSES[name] ?? LOSSES.entropy, classes > 2 ? classes : 1);
}
