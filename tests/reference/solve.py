"""Solve every reference problem to 60 digits and write `answers.json`: python -m tests.reference.solve [name ...]

Newton's method in the ball arithmetic of FLINT (python-flint), on raw columns: at 120 digits neither scale nor
condition matters, and every number comes with a proved bound of its error. Then an independent check in mpmath: the
written decimals are read again, the gradient is summed in another parametrisation, and the error that it implies must
be beyond the digits written. L1: Newton on the support found in floating point; the balls prove signs and conditions.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
from flint import arb, arb_mat, ctx

from tests.reference.problems import PROBLEMS, SOFTMAX, Reference

ANSWERS = Path(__file__).with_name("answers.json")
DIGITS, WRITTEN, WORKING = 60, 30, 120


class Exact:
    """A problem in balls: coefficients theta of the classes after the first, one class after another.

    `held` says which columns have a coefficient; `signs` are those of the L1 part.
    """

    def __init__(self, given: Reference, held: np.ndarray, signs: np.ndarray) -> None:
        self.given, self.classes = given, int(given.y.max()) + 1
        columns = given.X[:, held]
        ones = np.ones((len(given.y), int(given.intercept)))
        self.rows = arb_mat([[arb(float(v)) for v in row] for row in np.hstack([ones, columns])])
        self.width, self.outputs = self.rows.ncols(), self.classes - 1
        weight = np.ones(len(given.y)) if given.weight is None else given.weight
        self.weight = [arb(float(w)) for w in weight]
        self.total = sum(self.weight, arb(0))
        offset = np.zeros(len(given.y)) if given.offset is None else given.offset
        self.offset = [arb(float(o)) for o in offset]
        alpha, ratio = arb(float(given.alpha)), arb(float(given.l1_ratio))
        self.ridge, self.slope = alpha * (1 - ratio), [alpha * ratio * int(s) for s in signs]
        # the ridge on scores that sum to zero, seen from theta
        self.metric = [
            [arb(j == k) - (arb(1) / self.classes if self.classes > 2 else 0) for k in range(self.outputs)]
            for j in range(self.outputs)
        ]

    def place(self, output: int, j: int) -> int:
        return output * self.width + j

    def objective(self, theta: arb_mat, order: int = 2) -> tuple[arb, arb, arb_mat, arb_mat]:
        """F, the log-likelihood, gradient and Hessian."""
        n, size = len(self.weight), self.width * self.outputs
        eta = self.rows * arb_mat(
            [[theta[self.place(k, j), 0] for k in range(self.outputs)] for j in range(self.width)]
        )
        likelihood = arb(0)
        residual = arb_mat(n, self.outputs)
        q = []
        for i in range(n):
            scores = [arb(0)] + [eta[i, k] + self.offset[i] for k in range(self.outputs)]
            e = [score.exp() for score in scores]
            total = sum(e, arb(0))
            y = int(self.given.y[i])
            likelihood += self.weight[i] * (scores[y] - total.log())
            q.append([value / total for value in e[1:]])
            for k in range(self.outputs):
                residual[i, k] = self.weight[i] * (q[i][k] - (y == k + 1)) / self.total
        value = -likelihood / self.total
        if order == 0:
            return value + self.penalty(theta), likelihood, arb_mat(0, 0), arb_mat(0, 0)
        transposed = self.rows.transpose()
        sums = transposed * residual
        gradient, hessian = arb_mat(size, 1), arb_mat(size, size)
        for k in range(self.outputs):
            for j in range(self.width):
                gradient[self.place(k, j), 0] = sums[j, k]
            for m in range(k + 1):
                h = [self.weight[i] * q[i][k] * (arb(k == m) - q[i][m]) / self.total for i in range(n)]
                scaled = arb_mat([[self.rows[i, j] * h[i] for j in range(self.width)] for i in range(n)])
                block = transposed * scaled
                for a in range(self.width):
                    for b in range(self.width):
                        hessian[self.place(k, a), self.place(m, b)] = block[a, b]
                        hessian[self.place(m, b), self.place(k, a)] = block[a, b]
        for j in range(int(self.given.intercept), self.width):
            for k in range(self.outputs):
                gradient[self.place(k, j), 0] += self.slope[j - int(self.given.intercept)] if self.slope else arb(0)
                for m in range(self.outputs):
                    force = self.ridge * self.metric[k][m]
                    gradient[self.place(k, j), 0] += force * theta[self.place(m, j), 0]
                    hessian[self.place(k, j), self.place(m, j)] += force
        return value + self.penalty(theta), likelihood, gradient, hessian

    def penalty(self, theta: arb_mat) -> arb:
        total = arb(0)
        for j in range(int(self.given.intercept), self.width):
            if self.slope:
                total += self.slope[j - int(self.given.intercept)] * theta[self.place(0, j), 0]
            for k in range(self.outputs):
                for m in range(self.outputs):
                    both = theta[self.place(k, j), 0] * theta[self.place(m, j), 0]
                    total += self.ridge * self.metric[k][m] * both / 2
        return total

    def solve(self) -> tuple[arb_mat, arb, arb_mat]:
        """Theta, its log-likelihood and the inverse of the Hessian."""
        theta = arb_mat(self.width * self.outputs, 1)
        if self.given.offset is not None and self.given.intercept:
            theta[0, 0] = -sum((w * o for w, o in zip(self.weight, self.offset, strict=True)), arb(0)) / self.total
        theta = _middle(theta)
        for _ in range(200):
            value, likelihood, gradient, hessian = self.objective(theta)
            step = hessian.solve(gradient)
            size = max(_relative(step[k, 0], theta[k, 0]) for k in range(step.nrows()))
            if size < 10.0 ** -(DIGITS + 5):
                return theta, likelihood, hessian.inv()
            length = arb(1)
            while size > 1e-6 and not self.objective(_middle(theta - step * length), 0)[0] < value:
                length /= 2
            theta = _middle(theta - step * length)
        raise ArithmeticError("Newton's method did not converge")


def _middle(matrix: arb_mat) -> arb_mat:
    return arb_mat([[matrix[i, j].mid() for j in range(matrix.ncols())] for i in range(matrix.nrows())])


def _relative(step: arb, at: arb) -> float:
    size = float(abs(at).upper())
    return float(abs(step).upper()) / size if size else float(abs(step).upper())


def support(given: Reference) -> tuple[np.ndarray, np.ndarray]:
    """Which columns have a coefficient under L1, and its sign: Newton on the support, in floating point."""
    p = given.X.shape[1]
    if given.l1_ratio == 0.0:
        return np.ones(p, dtype=bool), np.array([])
    weight = np.ones(len(given.y)) if given.weight is None else given.weight
    offset = np.zeros(len(given.y)) if given.offset is None else given.offset
    w, centre = weight / weight.sum(), weight @ given.X / weight.sum()
    force, ridge = given.alpha * given.l1_ratio, given.alpha * (1 - given.l1_ratio)
    b, b0, signs = np.zeros(p), 0.0, np.zeros(p)
    Z = given.X - centre
    for _ in range(10_000):
        held = np.flatnonzero(signs)
        q = 1 / (1 + np.exp(-(b0 + Z @ b + offset)))
        r, h = w * (q - given.y), w * q * (1 - q)
        A = np.column_stack([np.ones(len(w)), Z[:, held]])
        gradient = A.T @ r + np.append(0.0, ridge * b[held] + force * signs[held])
        step = np.linalg.solve(A.T @ (h[:, None] * A) + np.diag(np.append(0.0, np.full(len(held), ridge))), -gradient)
        step /= max(1.0, float(np.abs(A @ step).max()))
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = np.where(step[1:] * signs[held] < 0, -b[held] / step[1:], np.inf)
        length = min(1.0, float(zero.min(initial=np.inf)))
        b0, b[held] = b0 + length * step[0], b[held] + length * step[1:]
        if length < 1.0:
            gone = held[int(np.argmin(zero))]
            b[gone] = signs[gone] = 0.0
        elif np.abs(step).max() < 1e-12 * max(1.0, np.abs(b).max()) or np.abs(gradient).max() < 1e-14:
            slope = Z.T @ (w * (1 / (1 + np.exp(-(b0 + Z @ b + offset))) - given.y))
            excess = np.where(signs == 0, np.abs(slope) - force, 0.0)
            if excess.max() <= 0.0:
                return signs != 0, signs[signs != 0]
            signs[int(np.argmax(excess))] = -np.sign(slope[int(np.argmax(excess))])
    raise ArithmeticError("no support found")


def answer(given: Reference) -> dict[str, Any]:
    """What is written of a problem."""
    held, signs = support(given)
    exact = Exact(given, held, signs)
    theta, likelihood, inverse = exact.solve()
    if given.l1_ratio:
        _prove_support(given, theta, held, signs)
    told: dict[str, Any] = {"kind": given.kind, "checksum": given.checksum}
    scores = [[arb(0)] * exact.width] + [
        [theta[exact.place(k, j), 0] for j in range(exact.width)] for k in range(exact.outputs)
    ]
    if given.kind == SOFTMAX:  # those of the classes sum to zero
        mean = [sum(column, arb(0)) / exact.classes for column in zip(*scores, strict=True)]
        scores = [[value - middle for value, middle in zip(row, mean, strict=True)] for row in scores]
    else:
        scores = scores[1:]
    beta = []
    for row in scores:
        full = [arb(0)] * (1 + given.X.shape[1])
        place = ([0] if given.intercept else []) + [1 + int(j) for j in np.flatnonzero(held)]
        for j, value in zip(place, row, strict=True):
            full[j] = value
        beta.append([_decimal(value) for value in full])
    told["beta"] = beta
    if given.alpha == 0.0:
        told["log_likelihood"] = _decimal(likelihood)
        told["standard_errors"] = [_decimal((inverse[k, k] / exact.total).sqrt()) for k in range(inverse.nrows())]
    _check(given, told, inverse, held)
    return told


def _prove_support(given: Reference, theta: arb_mat, held: np.ndarray, signs: np.ndarray) -> None:
    """Signs as assumed, and the slope of every column that is left out below the L1 force."""
    at = 0 if not given.intercept else 1
    for j, sign in enumerate(signs):
        assert theta[at + j, 0] * int(sign) > 0
    whole = Exact(given, np.ones(given.X.shape[1], dtype=bool), np.zeros(given.X.shape[1]))
    full = arb_mat(whole.width, 1)
    if given.intercept:
        full[0, 0] = theta[0, 0]
    for j, column in enumerate(np.flatnonzero(held)):
        full[at + int(column), 0] = theta[at + j, 0]
    gradient = whole.objective(full)[2]
    for column in np.flatnonzero(~held):
        assert abs(gradient[at + int(column), 0]) < arb(float(given.alpha)) * arb(float(given.l1_ratio))


def _check(given: Reference, told: dict[str, Any], inverse: arb_mat, held: np.ndarray) -> None:
    """In mpmath, from the decimals alone: the gradient, and by the inverse Hessian the error that it implies."""
    mpmath.mp.dps = DIGITS
    beta = [[mpmath.mpf(v) for v in row] for row in told["beta"]]
    columns = [0] * given.intercept + [1 + int(j) for j in np.flatnonzero(held)]
    many = len(beta) > 1
    slopes = [[mpmath.mpf(0) for _ in columns] for _ in (beta[1:] if many else beta)]
    total = mpmath.mpf(0)
    rows = np.hstack([np.ones((len(given.y), 1)), given.X])[:, columns].tolist()
    for i, row in enumerate(rows):
        w = mpmath.mpf(1 if given.weight is None else float(given.weight[i]))
        o = mpmath.mpf(0 if given.offset is None else float(given.offset[i]))
        x = [mpmath.mpf(v) for v in row]
        s = [mpmath.fdot(zip(x, (b[j] for j in columns), strict=True)) + o for b in beta]
        total += w
        y = int(given.y[i])
        if many:
            top = max(s)
            e = [mpmath.exp(v - top) for v in s]
            r = [value / sum(e) - (k == y) for k, value in enumerate(e)][1:]
        else:
            r = [-1 / (1 + mpmath.exp(s[0])) if y else 1 / (1 + mpmath.exp(-s[0]))]
        for slope, miss in zip(slopes, r, strict=True):
            for j, value in enumerate(x):
                slope[j] += w * miss * value
    force = mpmath.mpf(float(given.alpha)) * mpmath.mpf(float(given.l1_ratio))
    ridge = mpmath.mpf(float(given.alpha)) * (1 - mpmath.mpf(float(given.l1_ratio)))
    gradient = []
    for b, slope in zip(beta[1:] if many else beta, slopes, strict=True):
        for j, column in enumerate(columns):
            pull = (ridge * b[column] + force * mpmath.sign(b[column])) if column else 0
            gradient.append(slope[j] / total + pull)
    size = len(gradient)
    for k in range(size):
        row = [mpmath.mpf(inverse[k, j].mid().str(DIGITS, radius=False)) for j in range(size)]
        error = abs(mpmath.fdot(zip(row, gradient, strict=True)))
        at = beta[k // len(columns) + many][columns[k % len(columns)]] - (
            beta[0][columns[k % len(columns)]] if many else 0
        )
        assert error <= abs(at) * mpmath.mpf(10) ** (3 - WRITTEN), (k, error, at)


def _decimal(value: arb) -> str:
    assert value.rel_accuracy_bits() > 3.4 * DIGITS or value == 0 or abs(value) < arb(10) ** -DIGITS
    return mpmath.nstr(mpmath.mpf(value.mid().str(DIGITS, radius=False)), WRITTEN, strip_zeros=True)


def main(names: list[str]) -> None:
    ctx.dps = WORKING
    mpmath.mp.dps = DIGITS
    answers = json.loads(ANSWERS.read_text()) if ANSWERS.exists() else {}
    for name, make in PROBLEMS.items():
        given = make()
        if names and name not in names or (not names and answers.get(name, {}).get("checksum") == given.checksum):
            continue
        began = time.perf_counter()
        answers[name] = answer(given)
        print(f"{name}: {given.kind}, {given.X.shape}, {time.perf_counter() - began:.1f} s", flush=True)  # noqa: T201
        ordered = {known: answers[known] for known in PROBLEMS if known in answers}
        ANSWERS.write_text(json.dumps(ordered, indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
