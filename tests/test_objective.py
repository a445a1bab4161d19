import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L1
from oddsmith.fitting import Problem
from oddsmith.losses import Logistic, Multinomial
from oddsmith.objective import Objective
from oddsmith.sources import as_source
from tests.problems import PROBLEMS

BETA = np.linspace(-0.4, 0.6, 6)
PROBLEM = PROBLEMS["weighted"]


class Plain(Logistic):
    """The logistic loss without its kernel: what any new loss is."""

    kernel = None


@pytest.fixture(params=["kernel", "verbs", "sparse"])
def objective(request, both_kernels):
    X = sp.csr_array(PROBLEM.X) if request.param == "sparse" else PROBLEM.X
    source = as_source(X, PROBLEM.y, sample_weight=PROBLEM.weight, offset=PROBLEM.offset)
    return Objective(source, Plain() if request.param == "verbs" else Logistic())


def test_every_way_gives_the_same_numbers(objective):
    expected = Objective(PROBLEM.source, Logistic()).evaluate(BETA, 2)
    found = objective.evaluate(BETA, 2)
    assert found.value == pytest.approx(expected.value, rel=1e-13)
    assert found.reach == pytest.approx(expected.reach, rel=1e-12)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-11)
    np.testing.assert_allclose(found.hessian, expected.hessian, rtol=1e-11)


def test_gradient_and_hessian_are_derivatives(objective):
    step = 1e-5
    seen = objective.evaluate(BETA, 2)
    for j in range(6):
        e = np.eye(6)[j] * step
        above, below = objective.evaluate(BETA + e, 1), objective.evaluate(BETA - e, 1)
        assert seen.gradient[j] == pytest.approx((above.value - below.value) / (2 * step), rel=1e-6, abs=1e-9)
        np.testing.assert_allclose(
            seen.hessian[j], (above.gradient - below.gradient) / (2 * step), rtol=1e-6, atol=1e-8
        )


def test_along_product_and_widest_say_what_evaluate_says(objective):
    direction = np.cos(np.arange(6.0))
    lengths = (0.0, 0.5, 2.0)
    values = [objective.evaluate(BETA + t * direction, 0).value for t in lengths]
    np.testing.assert_allclose(objective.along(BETA, direction, lengths), values, rtol=1e-12)
    hessian = objective.evaluate(BETA, 2).hessian
    np.testing.assert_allclose(objective.hessian_product(BETA, direction), hessian @ direction, rtol=1e-10)
    half = np.linalg.cholesky(np.linalg.inv(hessian))
    rows = np.column_stack([np.ones(len(PROBLEM.X)), PROBLEM.X])
    assert objective.widest(half) == pytest.approx(((rows @ half) ** 2).sum(axis=1).max(), rel=1e-10)


@pytest.mark.parametrize("intercept", [True, False])
def test_where_few_coefficients_are_not_0_their_columns_know_eta(objective, intercept):
    whole = Objective(objective.source, objective.loss, intercept=intercept)
    columns = np.array([3, 1])
    part = whole.only(columns)
    some = np.array([0.7, -0.4, 0.3])[not intercept :]
    beta = np.zeros(whole.size)
    beta[np.concatenate([np.arange(intercept), intercept + columns])] = some
    before = whole.passes
    found, expected = whole.evaluate_by(part, some, beta), whole.evaluate(beta)
    assert whole.passes == before + 2
    assert found.value == pytest.approx(expected.value, rel=1e-14)
    np.testing.assert_allclose(found.gradient, expected.gradient, rtol=1e-12, atol=1e-14)


def test_the_slope_of_the_bias_is_that_of_half_the_log_determinant(objective):
    step = 1e-5
    found = objective.bias_slope(BETA, objective.evaluate(BETA, 2).factor.half)
    for j in range(6):
        e = np.eye(6)[j] * step
        above, below = (np.linalg.slogdet(objective.evaluate(b, 2).hessian)[1] for b in (BETA + e, BETA - e))
        assert found[j] == pytest.approx(-0.5 * (above - below) / (2 * step), rel=1e-6)


def test_between_is_the_hessian_on_other_axes(objective):
    half = np.random.default_rng(0).standard_normal((6, 4))
    hessian = objective.evaluate(BETA, 2).hessian
    np.testing.assert_allclose(objective.between(BETA, half), half.T @ hessian @ half, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("outputs", [1, 2])
def test_balanced_intercepts_fit_what_the_columns_leave(outputs):
    target = PROBLEM.y if outputs == 1 else np.arange(len(PROBLEM.y)) % 3
    offset = PROBLEM.offset if outputs == 1 else None
    source = as_source(PROBLEM.X, target, sample_weight=PROBLEM.weight, offset=offset)
    objective = Objective(source, Logistic() if outputs == 1 else Multinomial(3))
    beta = np.tile(BETA, outputs)
    end, before = objective.balanced(beta, 1e-15), objective.passes
    assert before == 1
    moved = end != beta
    assert np.flatnonzero(moved).tolist() == [0, 6][:outputs]
    assert np.abs(objective.evaluate(end).gradient[moved]).max() < 1e-14
    assert objective.balanced(1e3 * beta, 0.0) is None


def test_the_rounding_of_what_x_holds():
    for kind in (np.float32, np.float64):
        for form in (np.asarray, sp.csr_array):
            objective = Objective(as_source(form(PROBLEM.X.astype(kind)), PROBLEM.y), Logistic())
            assert objective.rounding == np.finfo(kind).eps


def test_the_largest_change_along_a_direction(objective):
    direction = np.cos(np.arange(6.0))
    rows = np.column_stack([np.ones(len(PROBLEM.X)), PROBLEM.X])
    truth = np.abs(rows @ direction) / np.linalg.norm(rows, axis=1) / np.linalg.norm(direction)
    both = np.column_stack([3.0 * direction, np.eye(6)[0]])
    size = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(objective.largest_changes(both), [truth.max(), (1.0 / size).max()], rtol=1e-12)


def test_without_an_intercept_it_is_not_part_of_beta(both_kernels):
    free, fixed = (Objective(PROBLEM.source, Logistic(), intercept=i) for i in (True, False))
    beta = BETA.copy()
    beta[0] = 0.0
    a, b = free.evaluate(beta, 2), fixed.evaluate(beta[1:], 2)
    assert (fixed.size, a.value) == (5, b.value)
    np.testing.assert_array_equal(a.gradient[1:], b.gradient)
    np.testing.assert_array_equal(a.hessian[1:, 1:], b.hessian)
    vector = np.arange(5.0)
    np.testing.assert_allclose(fixed.hessian_product(beta[1:], vector), b.hessian @ vector, rtol=1e-11)
    rows = (PROBLEM.X**2).sum(axis=1).max()
    assert fixed.widest(np.eye(5)) == pytest.approx(rows, rel=1e-12)


def test_second_moments_are_of_the_columns_alone(objective):
    rows = np.column_stack([np.ones(len(PROBLEM.X)), PROBLEM.X])
    weight = np.ones(len(rows)) if PROBLEM.weight is None else PROBLEM.weight
    expected = rows.T @ (weight[:, None] * rows) / weight.sum()
    np.testing.assert_allclose(objective.second_moments(), expected, rtol=1e-12)
    far = as_source(PROBLEM.X, PROBLEM.y, sample_weight=PROBLEM.weight, offset=np.full(len(rows), 50.0))
    np.testing.assert_allclose(Objective(far, Logistic()).second_moments(), expected, rtol=1e-12)


def test_every_method_is_one_pass(objective):
    for count, call in enumerate(
        (
            lambda: objective.evaluate(BETA, 0),
            lambda: objective.evaluate(BETA, 2),
            lambda: objective.along(BETA, BETA, (0.1, 0.2, 0.3)),
            lambda: objective.hessian_product(BETA, BETA),
            lambda: objective.widest(np.eye(6)),
            lambda: objective.largest_changes(BETA[:, None]),
            lambda: objective.bias_slope(BETA, np.eye(6)),
            lambda: objective.between(BETA, np.eye(6)),
            lambda: objective.gather(lambda block: block.total_weight),
            lambda: list(objective.batches(100, np.random.default_rng(0))),
        ),
        start=1,
    ):
        call()
        assert objective.passes == count


def test_a_pass_asks_the_rows_for_no_more_than_its_order(monkeypatch):
    """Of a design without a kernel: sparse rows."""
    rng = np.random.default_rng(0)
    source = as_source(
        sp.csr_array(rng.standard_normal((300, 4))), np.arange(300) % 3, sample_weight=rng.integers(0, 3, 300)
    )
    objective, asked = Objective(source, Multinomial(3)), []
    rows = Multinomial.rows

    def noting(self, eta, target, order=2):
        asked.append(order)
        return rows(self, eta, target, order)

    monkeypatch.setattr(Multinomial, "rows", noting)
    beta = rng.standard_normal(objective.size)
    zero, one, two = (objective.evaluate(beta, order) for order in (0, 1, 2))
    objective.along(beta, beta, (0.5, 1.0))
    objective.hessian_product(beta, beta)
    objective.null()
    assert asked == [0, 1, 2, 0, 0, 2, 0]
    assert zero.value == one.value == two.value
    np.testing.assert_array_equal(one.gradient, two.gradient)
    assert one.hessian is None


def test_weights_are_repeated_rows(both_kernels):
    repeats = PROBLEM.weight.astype(int)
    repeated = as_source(
        np.repeat(PROBLEM.X, repeats, axis=0), np.repeat(PROBLEM.y, repeats), offset=np.repeat(PROBLEM.offset, repeats)
    )
    a, b = (Objective(s, Logistic()).evaluate(BETA, 2) for s in (PROBLEM.source, repeated))
    assert a.weight == b.weight
    np.testing.assert_allclose(a.hessian, b.hessian, rtol=1e-12)
    np.testing.assert_allclose(a.gradient, b.gradient, rtol=1e-11)


@pytest.mark.parametrize("mean", [0.0, 10.0, 1e4])
def test_a_rough_hessian_of_sparse_rows_keeps_its_digits_wherever_their_mean_is(mean):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((3000, 40)) * (rng.random((3000, 40)) < 0.3)
    X[:, 7] = mean + rng.standard_normal(3000)
    source = as_source(sp.csr_array(X), rng.integers(0, 2, 3000))
    objective = Problem.of(source, Logistic(), L1(0.01), intercept=True, standardize=False, threads=2).objective
    beta = 0.1 * rng.standard_normal(objective.size)
    exact = objective.evaluate(beta, 2).hessian
    scale = np.sqrt(np.diagonal(exact))
    for known in (None, exact[:12, :12].astype(np.float32)):
        rough = objective.rough_hessian(beta, known)
        assert rough.dtype == np.float32
        assert np.abs((rough - exact) / scale / scale[:, None]).max() < 1e-4
