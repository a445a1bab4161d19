import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer

from oddsmith import L1, ElasticNet, ProximalNewton, as_source, fit
from oddsmith.errors import SpecificationError, Status
from oddsmith.fitting import Problem
from oddsmith.losses import Logistic, Multinomial
from oddsmith.objective import Objective
from oddsmith.solvers import Composite, Workspace, largest_alpha
from oddsmith.solvers.proximal_newton import Metric, descend
from tests.problems import PROBLEMS, generate, lasso_by_hand, many_classes

pytestmark = pytest.mark.slow

WIDE = generate(150, 400, 7, weighted=True)
SETTINGS = {
    "all columns": ProximalNewton(),
    "working sets": ProximalNewton(most_columns=2),
    "sampled": ProximalNewton(sample=40, sample_per_column=1),
}


def check(result, problem, penalty, scale=None, **options):
    scale = np.ones(problem.X.shape[1]) if scale is None else scale
    bound = penalty.bound(1.0 / scale, intercept=False)
    zeros = np.zeros(problem.X.shape[1])
    truth, value = lasso_by_hand(
        problem.X, problem.y, bound.thresholds(zeros), bound.curvature(zeros), problem.weight, problem.offset, **options
    )
    np.testing.assert_array_equal(result.beta[0, 1:] == 0.0, truth[1:] == 0.0)
    assert result.value == pytest.approx(value, rel=1e-13)
    assert result.certificate.kind == "proved"
    size = np.abs(truth[1:] * problem.X.std(axis=0)).max()
    np.testing.assert_allclose(
        result.beta[0, 1:] * problem.X.std(axis=0), truth[1:] * problem.X.std(axis=0), atol=1e-9 * size
    )
    return truth


@pytest.mark.usefixtures("both_kernels")
@pytest.mark.parametrize("solver", SETTINGS)
@pytest.mark.parametrize("name", ["plain", "weighted", "scaled"])
def test_it_finds_the_optimum_of_an_independent_reference(name, solver):
    problem = PROBLEMS[name]
    scale = problem.X.std(axis=0)
    for penalty in (L1(0.03), ElasticNet(0.05, 0.5)):
        chosen = type(penalty)(penalty.alpha, factors=scale) if name == "scaled" else penalty
        result = fit(problem.source, penalty=chosen, solver=SETTINGS[solver])
        check(result, problem, chosen)
        assert 0 < (result.beta[0, 1:] != 0).sum() < problem.X.shape[1]


def test_twelve_digits_at_full_precision():
    problem = PROBLEMS["plain"]
    result = fit(problem.source, penalty=L1(0.03))
    truth = check(result, problem, L1(0.03))
    kept = truth != 0.0
    digits = -np.log10(np.maximum(np.abs(result.beta[0, kept] / truth[kept] - 1), 1e-16))
    assert digits.mean() >= 12


@pytest.mark.parametrize("standardize", [False, True])
def test_more_columns_than_rows(standardize):
    mean = np.average(WIDE.X, axis=0, weights=WIDE.weight)
    spread = np.sqrt(np.average((WIDE.X - mean) ** 2, axis=0, weights=WIDE.weight))
    result = fit(WIDE.source, penalty=L1(0.05), standardize=standardize, solver=SETTINGS["working sets"])
    check(result, WIDE, L1(0.05), spread if standardize else None)


@pytest.mark.parametrize("form", [sp.csr_array, np.asfortranarray, lambda X: X.astype(np.float32)])
def test_every_form_of_the_same_rows(form):
    X = np.round(WIDE.X * (np.abs(WIDE.X) > 1) * 4) / 4
    dense = fit(as_source(X, WIDE.y), penalty=L1(0.03))
    other = fit(as_source(form(X), WIDE.y), penalty=L1(0.03), solver=ProximalNewton(most_columns=10))
    np.testing.assert_allclose(other.beta, dense.beta, atol=1e-10)
    np.testing.assert_array_equal(other.beta == 0.0, dense.beta == 0.0)
    assert dense.status is other.status is Status.CONVERGED


def test_without_an_intercept():
    problem = generate(300, 8, 11)
    result = fit(problem.source, penalty=L1(0.03), intercept=False)
    check(result, problem, L1(0.03), intercept=False)
    nothing = fit(problem.source, penalty=L1(100.0), intercept=False)
    assert nothing.status is Status.CONVERGED
    assert not nothing.beta.any()
    assert result.beta[0, 0] == 0.0


def test_columns_that_say_nothing_or_say_it_twice():
    problem = generate(300, 6, 12)
    X = np.column_stack([problem.X, problem.X[:, 0], np.zeros(300), np.full(300, 3.0)])
    for solver in SETTINGS.values():
        result = fit(as_source(X, problem.y), penalty=L1(0.02), solver=solver)
        plain = fit(problem.source, penalty=L1(0.02))
        assert result.value == pytest.approx(plain.value, rel=1e-13)
        assert result.certificate.kind == "proved"
        np.testing.assert_array_equal(result.beta[0, 8:], 0.0)
        assert result.beta[0, 1] + result.beta[0, 7] == pytest.approx(plain.beta[0, 1], abs=1e-8)
    net = fit(as_source(X, problem.y), penalty=ElasticNet(0.02, 0.5))
    assert net.beta[0, 1] == pytest.approx(net.beta[0, 7], abs=1e-9)  # the ridge part shares


def test_columns_that_are_never_penalised():
    problem = PROBLEMS["weighted"]
    penalty = L1(0.2, np.array([1.0, 0, 2, 1, 0]))
    result = fit(problem.source, penalty=penalty)
    check(result, problem, penalty)
    assert (result.beta[0, [2, 5]] != 0.0).all()


def problem_of(problem, penalty, loss=None, **options):
    made = Problem.of(
        problem.source, loss or Logistic(), penalty, intercept=True, standardize=False, threads=None, **options
    )
    return made.objective, made.bound()


@pytest.mark.parametrize("make", [L1, lambda a, factors=None: ElasticNet(a, 0.3, factors)])
@pytest.mark.parametrize("factors", [None, np.array([1.0, 0, 2, 1, 0])])
def test_just_above_alpha_max_all_is_zero_and_just_below_not(make, factors):
    problem = PROBLEMS["weighted"]
    ratio, beta = largest_alpha(*problem_of(problem, make(1.0, factors)))
    penalised = np.ones(5, dtype=bool) if factors is None else factors > 0
    for solver in SETTINGS.values():
        above = fit(problem.source, penalty=make(ratio * (1 + 1e-9), factors), solver=solver)
        assert not above.beta[0, 1:][penalised].any()
        assert above.certificate.suboptimality <= 1e-12
        below = fit(problem.source, penalty=make(ratio * (1 - 1e-6), factors), solver=solver)
        assert np.count_nonzero(below.beta[0, 1:][penalised]) == 1
    np.testing.assert_allclose(
        above.beta[0, 1:][~penalised] * problem.X.std(axis=0)[~penalised], beta[1:][~penalised], rtol=0.1
    )


def test_alpha_max_of_many_classes():
    X, y = many_classes(400, 6, 4, 1)
    source = as_source(X, y)
    made = Problem.of(source, Multinomial(4), L1(), intercept=True, standardize=False, threads=None)
    ratio, _ = largest_alpha(made.objective, made.bound())
    shares = np.bincount(y) / len(y)
    gradient = X.T @ (np.eye(4)[y] - shares) / len(y)
    assert ratio == pytest.approx(np.abs(gradient).max(), rel=1e-12)
    assert not fit(source, penalty=L1(ratio * (1 + 1e-9))).beta[:, 1:].any()
    assert fit(source, penalty=L1(ratio * (1 - 1e-6))).beta[:, 1:].any()


@pytest.mark.parametrize("columns", [2, 500])
def test_warm_and_cold_starts_agree(columns):
    solver, space = ProximalNewton(most_columns=columns), Workspace()
    objective, bound = problem_of(WIDE, L1())
    ratio, beta = largest_alpha(objective, bound)
    for alpha in ratio * np.geomspace(0.9, 0.1, 5):
        objective, bound = problem_of(WIDE, L1(alpha))
        warm = solver.solve(objective, bound, beta, tol=None, max_passes=None, workspace=space)
        cold = solver.solve(objective, bound, np.zeros(objective.size), tol=None, max_passes=None)
        assert warm.status is cold.status is Status.CONVERGED
        np.testing.assert_allclose(warm.beta, cold.beta, atol=1e-9)
        np.testing.assert_array_equal(warm.beta == 0.0, cold.beta == 0.0)
        beta = warm.beta


@pytest.mark.parametrize("solver", SETTINGS)
def test_the_bits_do_not_depend_on_threads(solver):
    problem = generate(6000, 40, 9)
    betas = [fit(problem.source, penalty=L1(0.02), solver=SETTINGS[solver], threads=k).beta for k in (1, 2, 3)]
    np.testing.assert_array_equal(betas[0], betas[1])
    np.testing.assert_array_equal(betas[0], betas[2])


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-9])
def test_a_tolerance_is_kept_and_proved(tol):
    best = fit(WIDE.source, penalty=L1(0.03)).value
    for solver in SETTINGS.values():
        result = fit(WIDE.source, penalty=L1(0.03), tol=tol, solver=solver)
        assert (result.value - best) / best <= result.certificate.suboptimality + 1e-15
        assert result.certificate.suboptimality <= tol
        assert result.status is Status.CONVERGED


@pytest.mark.parametrize("seed", range(3))
def test_a_tall_lasso_takes_few_passes(seed):
    """One for the moments, three at most on all rows; the step that ends the fit is not looked at."""
    problem = generate(60_000, 12, seed)
    best = fit(problem.source, penalty=L1(0.01), standardize=True)
    found = fit(problem.source, penalty=L1(0.01), standardize=True, tol=1e-9)
    assert found.passes <= 4
    assert found.certificate.kind == "proved"
    assert found.value / best.value - 1 <= found.certificate.suboptimality + 1e-15 <= 1e-9
    np.testing.assert_array_equal(found.beta == 0.0, best.beta == 0.0)
    assert found.trace[-1].note == "by the Hessian of the proof"


@pytest.mark.parametrize("form", [np.asfortranarray, sp.csr_array, np.ascontiguousarray])
def test_a_loose_tolerance_asks_for_no_more_hessians(form, monkeypatch):
    """Hessians are what takes time; a loose tolerance is proved without the one of all that is kept, in double."""
    formed = []
    evaluate, rough = Objective.evaluate, Objective.rough_hessian
    monkeypatch.setattr(
        Objective,
        "evaluate",
        lambda self, b, order=1: (formed.extend([order] * (order > 1)), evaluate(self, b, order))[1],
    )
    monkeypatch.setattr(Objective, "rough_hessian", lambda self, *given: (formed.append(1), rough(self, *given))[1])
    problem = generate(1500, 1200, 11, weighted=True)
    source = as_source(form(problem.X), problem.y, sample_weight=problem.weight)
    taken = {}
    for tol in (1e-6, 1e-4, 1e-3, 1e-2, 1e-1):
        formed.clear()
        found = fit(source, penalty=L1(0.004), tol=tol)
        taken[tol] = found.passes, len(formed), formed.count(2)
        assert found.certificate.kind == "proved"
        assert found.certificate.suboptimality <= tol
    for counts in zip(*taken.values(), strict=True):
        assert list(counts) == sorted(counts, reverse=True)


def test_steps_made_for_the_gap_close_it_or_end():
    """One or two, by the metric at hand, where that may do; none beyond the limit of passes."""
    problem = generate(300, 40, 3)
    made = Problem.of(problem.source, Logistic(), L1(0.01), intercept=True, standardize=True, threads=None)
    function = Composite.of(made.objective, made.bound())
    start = np.zeros(made.objective.size)
    plain = descend(function, start, Metric(function), goal=1e-3, limit=100)
    size = function.gap(plain.beta, plain.evaluation) / abs(plain.evaluation.value)
    for share, steps in ((1.5, 0), (0.5, 1), (1e-6, 0), (0.0, 0)):
        found = descend(function, start, Metric(function), goal=1e-3, limit=100, gap=share * size)
        assert len(found.trace) - len(plain.trace) == steps
        assert found.status is Status.CONVERGED
    assert function.gap(found.beta, found.evaluation) <= size * abs(found.evaluation.value)
    counted = Composite.of(made.at(L1(0.01)).objective, made.bound())
    least = descend(counted, start, Metric(counted), goal=1e-3, limit=100).trace[-1].passes
    counted = Composite.of(made.at(L1(0.01)).objective, made.bound())
    found = descend(counted, start, Metric(counted), goal=1e-3, limit=least, gap=0.5 * size)
    assert found.status is Status.CONVERGED


def test_the_limit_of_passes_is_kept_and_told():
    with pytest.warns(UserWarning, match="limit of passes"):
        result = fit(WIDE.source, penalty=L1(0.01), max_passes=3)
    assert result.status is Status.PASS_LIMIT


def test_smooth_solvers_refuse_what_is_not():
    with pytest.raises(SpecificationError, match="needs a smooth penalty"):
        fit(WIDE.source, penalty=L1(0.01), solver="newton")


@pytest.mark.parametrize("standardize", [False, True])
def test_weak_penalties_on_classes_that_are_nearly_separated(standardize):
    """Coordinate descent crawls where curvature is nearly gone; an active set does not."""
    X, y = load_breast_cancer(return_X_y=True)
    for C in (1e4, 1e6):
        result = fit(as_source(X, y), penalty=L1(1.0 / (C * len(y))), standardize=standardize)
        assert result.status is Status.CONVERGED
        assert result.certificate.kind == "proved"
        assert result.passes <= 200


def test_far_from_the_optimum_a_new_metric_that_halves_the_decrement_will_do():
    """Where curvature changes on the way, single precision is not to blame: an active set would cost many factors."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 120))
    y = rng.random(300) < 1.0 / (1.0 + np.exp(-3.0 * X[:, :20] @ rng.standard_normal(20)))
    made = Problem.of(as_source(X, y), Logistic(), L1(1e-3), intercept=True, standardize=False, threads=None)
    function = Composite.of(made.objective, made.bound())
    found = descend(function, np.zeros(121), Metric(function), goal=1e-9, limit=100)
    assert found.status is Status.CONVERGED
    assert not any(step.note for step in found.trace)


@pytest.mark.parametrize("seed", [0, 14])
def test_unpenalised_columns_that_single_precision_cannot_tell_apart(seed):
    """Without an intercept, columns far from 0 are nearly multiples of one another: a rough metric saw no way down."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((300, 60)) * 10 ** rng.uniform(-3, 3, 60) + 10 ** rng.uniform(-2, 3, 60)
    rows = as_source(X, (rng.random(300) < 0.5).astype(int))
    given = {"penalty": L1(0.02, np.where(np.arange(60) < 20, 0.0, 1.0)), "intercept": False}
    options = {"standardize": True, "solver": ProximalNewton(most_columns=2)}
    found = fit(rows, tol=1e-8, **given, **options)
    exact = fit(rows, tol=None, **given, **options)
    assert found.certificate.kind == exact.certificate.kind == "proved"
    assert found.value <= exact.value * (1.0 + 1e-8)
