"""SciPy's minimisers: what they ask for, where they stop, and that no ending of theirs goes unjudged."""

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp

from oddsmith import L2, ConvergenceWarning, NoPenalty, SeparationWarning, SpecificationError, as_source, fit
from oddsmith.errors import Status
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers import CATALOGUE, ScipyBFGS, ScipyCG, ScipyLBFGS
from tests.problems import PROBLEMS

SOLVERS = [ScipyCG, ScipyBFGS, ScipyLBFGS]
PLAIN = PROBLEMS["plain"]
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)


def of_classes(count):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((400, 3))
    return as_source(X, (X @ rng.standard_normal((3, count)) + rng.gumbel(size=(400, count))).argmax(axis=1))


@every_solver
@pytest.mark.parametrize("source", [PLAIN.source, of_classes(4)], ids=["two classes", "four"])
@pytest.mark.parametrize("penalty", [None, L2(0.01)], ids=["free", "ridge"])
def test_the_optimum_is_the_engines(solver, source, penalty):
    exact = fit(source, penalty=penalty)
    full = fit(source, penalty=penalty, solver=solver.name)
    np.testing.assert_allclose(full.beta, exact.beta, atol=1e-12)
    own = fit(source, penalty=penalty, solver=solver.name, tol=1e-13)  # no Newton step ends this one
    np.testing.assert_allclose(own.beta, exact.beta, atol=1e-6)
    assert full.certificate.kind == own.certificate.kind == "proved"
    assert own.certificate.suboptimality <= 1e-13


@every_solver
@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-8])
def test_a_tolerance_that_is_met_is_proved_to_be(solver, tol):
    best = fit(PLAIN.source).value
    found = fit(PLAIN.source, solver=solver.name, tol=tol)
    assert found.status is Status.CONVERGED
    assert (found.value - best) / best - 1e-15 <= found.certificate.suboptimality <= tol
    assert found.passes <= fit(PLAIN.source, solver=solver.name).passes


@every_solver
def test_scipy_is_asked_once_for_each_pass(solver, monkeypatch):
    """Every point that SciPy asks for is a pass; the rest are moments, Hessians, and the value after the last step."""
    asked = []
    minimize = scipy.optimize.minimize

    def counting(fun, *args, **kwargs):
        return minimize(lambda x: (asked.append(x.copy()), fun(x))[1], *args, **kwargs)

    monkeypatch.setattr(scipy.optimize, "minimize", counting)
    orders = []
    evaluate = Objective.evaluate
    monkeypatch.setattr(
        Objective, "evaluate", lambda self, b, order=1: (orders.append(order), evaluate(self, b, order))[1]
    )
    found = fit(PLAIN.source, solver=solver.name, tol=1e-6)
    assert orders.count(1) == len({x.tobytes() for x in asked})
    assert found.passes == 1 + len(orders)  # the moments first
    assert 1 <= orders.count(2) <= 3
    assert not asked[0].any()


@every_solver
def test_the_trace_has_a_line_for_each_step_of_scipy(solver):
    steps = []
    objective = Objective(PLAIN.source, Logistic())
    theirs = scipy.optimize.minimize(
        lambda b: ((e := objective.evaluate(b)).value, e.gradient),
        np.zeros(7),
        jac=True,
        method=solver.method,
        callback=steps.append,
    )
    solution = solver().solve(Objective(PLAIN.source, Logistic()), NoPenalty(), np.zeros(7), tol=1e-12, max_passes=None)
    values = [step.value for step in solution.trace]
    assert len(steps) > 5
    np.testing.assert_allclose(values[1 : len(steps)], [objective.evaluate(b).value for b in steps[:-1]], rtol=1e-12)
    assert values[-1] <= theirs.fun * (1 + 1e-14)
    assert all(later < earlier for earlier, later in zip(values, values[1:], strict=False))


@every_solver
@pytest.mark.parametrize("limit", [1, 2, 5, 12])
def test_the_limit_of_passes_is_kept_whatever_scipy_is_about(solver, limit):
    objective = Objective(PLAIN.source, Logistic())
    for own, given in ((1000, limit), (limit, None)):
        objective.passes = 0
        solution = solver(max_passes=own).solve(objective, NoPenalty(), np.zeros(7), tol=None, max_passes=given)
        assert solution.status is Status.PASS_LIMIT
        assert objective.passes == limit
        assert solution.evaluation.value == objective.evaluate(solution.beta).value == solution.trace[-1].value


@every_solver
def test_an_interrupt_goes_through(solver, monkeypatch):
    calls = iter(range(100))
    evaluate = Objective.evaluate

    def interrupted(self, beta, order=1):
        if next(calls) == 4:
            raise KeyboardInterrupt
        return evaluate(self, beta, order)

    monkeypatch.setattr(Objective, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(PLAIN.source, solver=solver.name)
    assert next(calls) == 5


@every_solver
def test_where_scipy_gives_up_early_the_house_says_so(solver, monkeypatch):
    """A line search that fails far from the optimum must not pass for convergence."""
    minimize = scipy.optimize.minimize

    def gives_up(fun, x, **kwargs):
        return minimize(fun, x, **kwargs | {"options": {**kwargs["options"], "maxiter": 3}})

    monkeypatch.setattr(scipy.optimize, "minimize", gives_up)
    objective = Objective(PLAIN.source, Logistic())
    solution = solver().solve(objective, NoPenalty(), np.zeros(7), tol=1e-9, max_passes=None)
    assert solution.status is Status.STALLED
    assert solution.last_step is None
    with pytest.warns(ConvergenceWarning, match="No step lowers the objective"):
        found = fit(PLAIN.source, penalty=L2(0.1), solver=solver.name)
    assert found.status is Status.STALLED
    assert found.certificate.suboptimality > 1e-10


@every_solver
def test_separated_classes_are_told(solver):
    X = np.random.default_rng(0).standard_normal((100, 3))
    for tol in (None, 1e-6):
        with pytest.warns(SeparationWarning, match="classes are separated"):
            found = fit(as_source(X, X[:, 1] > 0.3), solver=solver.name, tol=tol)
        assert found.status is Status.SEPARATED
        assert np.isfinite(found.beta).all()


@every_solver
def test_collinear_columns_are_told(solver):
    X = np.column_stack([PLAIN.X, PLAIN.X[:, 0] - 2 * PLAIN.X[:, 1]])
    with pytest.warns(ConvergenceWarning, match="linear combinations"):
        found = fit(as_source(X, PLAIN.y), solver=solver.name, collinear="min-norm")
    truth = fit(PLAIN.source).beta[0]
    np.testing.assert_allclose(X @ found.beta[0, 1:] + found.beta[0, 0], PLAIN.X @ truth[1:] + truth[0], atol=1e-9)


@every_solver
@pytest.mark.parametrize("tol", [None, 1e-9])
def test_a_start_at_the_optimum_has_nothing_to_do(solver, tol):
    best = fit(PLAIN.source)
    found = fit(PLAIN.source, solver=solver.name, start=best.beta, tol=tol)
    assert found.status is Status.CONVERGED
    assert found.passes == 4  # moments, the start beside zeros, its slope, its Hessian
    np.testing.assert_allclose(found.beta, best.beta, atol=1e-12)


def test_without_a_hessian_the_slope_decides_and_the_certificate_says_estimated(monkeypatch):
    from oddsmith.solvers import SketchedNewton

    monkeypatch.setattr(SketchedNewton, "dense_limit", 5)
    X = sp.csr_array(PLAIN.X)
    found = fit(as_source(X, PLAIN.y), penalty=L2(0.1), solver="scipy-lbfgs", tol=1e-8)
    exact = fit(as_source(X, PLAIN.y), penalty=L2(0.1), solver="newton")
    assert (found.status, found.certificate.kind) == (Status.CONVERGED, "estimated")
    assert found.value == pytest.approx(exact.value, rel=1e-7)


def test_they_are_found_by_the_names_of_the_design():
    assert {"scipy-cg", "scipy-bfgs", "scipy-lbfgs"} <= set(CATALOGUE)
    for limit in ("100", 0, 2.5):
        with pytest.raises(SpecificationError, match="max_passes must be an integer >= 1"):
            ScipyCG(max_passes=limit)
