"""The models of several problems and the steps by them, compiled and in NumPy."""

import numpy as np
import pytest

from oddsmith import kernels

KINDS = (("compiled", 1), ("compiled", 2), ("compiled", 7), ("reference", 1))
ALPHA, NEVER_STALE = 0.02, {"stale": 2.0, "young": 1e9}
RULES = {
    "alpha": ALPHA, "accuracy": 0.1, "sweeps": 1000.0, "stale": 0.5, "young": 3.0, "sure": 4.0, "least_left": 1e-4,
    "floor": 1e-15, "curved": 0.1, "rounds": 100.0, "halves": 30.0,
}  # fmt: skip
FIRST, LOSS, CURVED, COST, DECREMENT, LEFT = range(6)


class Problems:
    """Three on the same 1100 rows, each with rows of its own, at 0; and models that are exact there."""

    def __init__(self, size, intercept=True, goal=1e-13, ratio=0.7):
        rng = np.random.default_rng(size)
        width, self.intercept = size + 4, intercept
        self.columns = rng.permutation(width)[: size + 2]
        self.z = rng.standard_normal((len(self.columns), 1100))
        self.z -= self.z.mean(axis=1, keepdims=True)
        self.within = [np.sort(rng.permutation(size + 2)[:size]), np.arange(size), np.zeros(0, dtype=int)]
        self.target = (rng.random(1100) < 1 / (1 + np.exp(-1.0 - self.z[:3].sum(axis=0)))).astype(float)
        inside = np.array([np.ones(1100), np.arange(1100) >= 300, np.arange(1100) < 700])
        self.weights = inside * rng.uniform(0.5, 1.5, 1100)
        self.weights /= self.weights.sum(axis=1, keepdims=True)
        self.eta, self.beta, self.slopes = np.zeros((3, 1100)), np.zeros((3, width)), np.zeros((3, width))
        self.r = self.weights * (0.5 - self.target)
        self.slopes[:, self.columns] = self.r @ self.z.T
        self.thresholds, self.curvature = np.full((3, width), ratio), np.full((3, width), 1.0 - ratio)
        self.numbers, self.goal = np.full((6, 3), np.inf), np.full(3, goal)
        self.numbers[FIRST], self.numbers[LOSS], self.numbers[CURVED], self.numbers[COST] = 0.0, np.log(2), 0.25, 0.0
        self.mass = np.full(3, 0.25)
        self.across, self.hessians = [], []
        for k in range(3):
            whole = 0.25 * (self.z * self.weights[k]) @ self.z.T
            across = self.z @ self.weights[k] if intercept else np.zeros(len(self.z))
            whole -= 0.25 * np.outer(across, across)
            self.across.append(across)
            self.hessians.append(np.float32(whole[np.ix_(self.within[k], self.within[k])]))

    def walk(self, kind, threads=1, problems=(0, 1, 2), **rules):
        """Their outcomes; some rules are others."""
        some, by = list(problems), np.array(list((RULES | rules).values()))
        outcomes = np.full(len(some), -1)
        kernels.load(kind).proximal_newton(
            np.array(some), [self.hessians[k] for k in some], [self.within[k] for k in some],
            [self.across[k] for k in some], self.mass[some], self.z, self.columns, self.target, self.weights,
            self.eta, self.r, self.beta, self.slopes, self.thresholds, self.curvature, self.numbers, self.goal, by,
            self.intercept, outcomes, threads,
        )  # fmt: skip
        return outcomes.tolist()

    def own(self, k):
        return self.columns[self.within[k]]

    def state(self):
        at = self.weights > 0.0  # rows that a problem has not may be left where they are
        return [self.eta * at, self.r, self.beta, self.slopes, self.numbers, *self.hessians]


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("size", [0, 1, 9, 130])
def test_problems_end_at_their_optima_however_they_are_computed(size, intercept):
    found = []
    for kind, threads in KINDS:
        problems = Problems(size, intercept)
        outcomes = problems.walk(kind, threads, **NEVER_STALE)  # never stale
        assert outcomes == [0, 0, 0]
        found.append(problems.state())
    for one, again, more, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, again)
        np.testing.assert_array_equal(one, more)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for k in range(3):
        own, weights, alpha = problems.own(k), problems.weights[k], ALPHA
        eta = problems.numbers[FIRST, k] + problems.beta[k, problems.columns] @ problems.z
        np.testing.assert_allclose(problems.eta[k], eta, atol=1e-12)
        p = 1.0 / (1.0 + np.exp(-eta))
        np.testing.assert_allclose(problems.r[k], weights * (p - problems.target), atol=1e-14)
        slopes = (problems.z @ problems.r[k])[problems.within[k]]
        np.testing.assert_allclose(problems.slopes[k, own], slopes, atol=1e-13)
        loss = weights @ (np.logaddexp(0.0, eta) - problems.target * eta)
        assert problems.numbers[LOSS, k] == pytest.approx(loss, rel=1e-13)
        assert problems.numbers[CURVED, k] == pytest.approx(weights @ (p * (1.0 - p)), rel=1e-12)
        b = problems.beta[k, own]
        assert problems.numbers[COST, k] == pytest.approx((0.7 * np.abs(b) + 0.15 * b**2).sum(), rel=1e-12)
        slope = problems.slopes[k, own] + alpha * 0.3 * b
        inactive = np.maximum(np.abs(slope) - alpha * 0.7, 0.0)
        beyond = np.where(b != 0.0, np.abs(slope + alpha * 0.7 * np.sign(b)), inactive)
        assert beyond.max(initial=0.0) < 1e-5
        assert abs(problems.r[k].sum()) < 1e-5 or not intercept
        assert not problems.beta[k, np.setdiff1d(np.arange(size + 4), own)].any()


@pytest.mark.parametrize("kind", ["compiled", "reference"])
def test_a_step_corrects_its_model_to_what_it_has_met(kind):
    problems = Problems(9)
    problems.hessians[0] *= np.float32(0.7)
    before = problems.slopes[0].copy(), problems.r[0].sum(), problems.hessians[0].copy()
    assert problems.walk(kind, problems=[0], rounds=1.0) == [1]  # after one step
    step = problems.beta[0, problems.own(0)]
    change = problems.slopes[0, problems.own(0)] - before[0][problems.own(0)]
    change -= problems.across[0][problems.within[0]] * (problems.r[0].sum() - before[1])
    np.testing.assert_allclose(problems.hessians[0] @ step, change, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(problems.hessians[0], problems.hessians[0].T, atol=1e-6)
    assert np.linalg.eigvalsh(problems.hessians[0]).min() > 0.0
    # not where there is less curvature than a share of what was expected
    again = Problems(9)
    again.hessians[0] *= np.float32(0.7)
    again.walk(kind, problems=[0], rounds=1.0, curved=10.0)
    np.testing.assert_array_equal(again.hessians[0], before[2])
    np.testing.assert_array_equal(again.beta, problems.beta)


@pytest.mark.parametrize("kind", ["compiled", "reference"])
def test_a_poor_model_is_stale_and_a_step_that_does_not_descend_leaves_no_trace(kind):
    problems = Problems(9)
    problems.hessians[0] *= np.float32(20.0)
    assert problems.walk(kind, problems=[0], young=2.0, curved=1e9) == [1]
    assert problems.numbers[DECREMENT, 0] > problems.goal[0]
    assert 0.5 < problems.numbers[LEFT, 0] < 1.0
    problems = Problems(9, ratio=1.0)
    problems.hessians[1] *= np.float32(1e-30)  # so that it leads to where the loss is all rounding
    before = [v.copy() for v in problems.state()]
    assert problems.walk(kind, problems=[1]) == [3]
    problems.numbers[DECREMENT, 1] = np.inf
    for one, same in zip(problems.state(), before, strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("kind", ["compiled", "reference"])
def test_a_last_step_is_not_looked_at_where_those_before_tell_what_it_leaves(kind):
    looked, unseen = Problems(9, goal=1e-5), Problems(9, goal=1e-5)
    unseen.numbers[LEFT] = 1e-3
    for problems in (looked, unseen):
        assert problems.walk(kind, problems=[0], **NEVER_STALE) == [0]
    assert unseen.numbers[LEFT, 0] == pytest.approx(2.0 * max(1e-4, looked.numbers[LEFT, 0]), rel=0.5)
    exact = Problems(9)
    exact.walk(kind, problems=[0], **NEVER_STALE)
    alpha = ALPHA
    value = [p.numbers[LOSS, 0] + alpha * p.numbers[COST, 0] for p in (unseen, exact)]
    assert value[0] - value[1] <= unseen.numbers[DECREMENT, 0] <= 1e-5


@pytest.mark.parametrize("kind", ["compiled", "reference"])
def test_rows_that_a_problem_has_not_change_nothing(kind):
    problems, other = Problems(9), Problems(9)
    other.eta[1, :300] = 5.0
    assert problems.walk(kind) == other.walk(kind)
    for one, same in zip(problems.state()[1:], other.state()[1:], strict=True):
        np.testing.assert_array_equal(one, same)


@pytest.mark.parametrize("chosen", [[0], [0, 2], [2, 1, 0]])
@pytest.mark.parametrize("within", [[], [4], [0, 1, 2, 3, 4], [1, 4]])
def test_a_reduced_hessian_is_a_sum_of_parts_less_the_intercept(chosen, within):
    rng = np.random.default_rng(7)
    parts, border = rng.standard_normal((3, 8, 8)).astype(np.float32), rng.standard_normal(5)
    parts, across = parts + parts.swapaxes(1, 2), border / 0.4
    for kind in ("compiled", "reference"):
        out = np.full((len(within),) * 2, np.nan, dtype=np.float32)
        places = np.array(within, dtype=np.int64)
        kernels.load(kind).reduced_hessian(parts, np.array(chosen), places, 0.3, across, border, out)
        expected = 0.3 * parts[chosen].sum(axis=0)[:5, :5] - np.outer(across, border)
        np.testing.assert_allclose(out, expected[np.ix_(places, places)], atol=1e-5)


def test_what_does_not_fit_is_refused():
    problems = Problems(4)
    problems.hessians[0] = problems.hessians[0][:3, :3].copy()
    with pytest.raises(ValueError, match="one entry a column, or a pair of them"):
        problems.walk("compiled")
    problems = Problems(4)
    problems.across[2] = problems.across[2][:-1].copy()
    with pytest.raises(ValueError, match="one entry a column, or a pair of them"):
        problems.walk("compiled")
    problems = Problems(4)
    problems.within[0] = problems.within[0] + 3
    with pytest.raises(ValueError, match="no such column"):
        problems.walk("compiled")
    problems = Problems(4)
    problems.r = problems.r[:, :-1].copy()
    with pytest.raises(ValueError, match="one entry a problem and row"):
        problems.walk("compiled")
    problems = Problems(4)
    problems.goal = problems.goal[:2]
    with pytest.raises(ValueError, match="numbers, goals and rules"):
        problems.walk("compiled")
    with pytest.raises(ValueError, match="none twice"):
        Problems(4).walk("compiled", problems=[1, 1])
    parts, places = np.zeros((2, 4, 4), np.float32), np.arange(4)
    with pytest.raises(ValueError, match="no such part"):
        kernels.load("compiled").reduced_hessian(
            parts, np.array([2]), places, 1.0, *np.zeros((2, 4)), np.zeros((4, 4), np.float32)
        )
