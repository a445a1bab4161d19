import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import L2, Newton, NoPenalty, Status, as_source, fit
from oddsmith.axes import Axes
from oddsmith.errors import OddsmithWarning
from oddsmith.inference import infer
from oddsmith.judging.refinement import refined, wanted
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.solvers import Smooth
from oddsmith.sources import StandardisedSource
from tests.problems import generate
from tests.reference import score as reference

HARD = ["condition 1e4", "condition 1e8", "faint ridge on condition 1e6", "three classes of condition 1e4"]


def solved(X, y, penalty=None):
    source = as_source(X, y)
    axes = Axes.standardising(source.moments(), intercept=True)
    objective = Objective(StandardisedSource(source, axes.centre, axes.scale), Logistic())
    function = Smooth(objective, (penalty or NoPenalty()).bound(axes.spread, intercept=True))
    solution = Newton().solve(objective, function.penalty, np.zeros(objective.size), tol=None, max_passes=None)
    return function, solution


def nearly_equal(gap, rows=400):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((rows, 3))
    y = (rng.random(rows) < 1 / (1 + np.exp(-X[:, 0] - 0.5 * X[:, 1]))).astype(int)
    X[:, 1] = X[:, 0] + gap * X[:, 1]
    return X, y


@pytest.mark.parametrize("rows, columns", [(60, 2), (5000, 30), (300_000, 4)])
def test_a_well_conditioned_fit_pays_nothing(rows, columns):
    problem = generate(rows, columns, 2)
    function, solution = solved(problem.X, problem.y)
    before = function.objective.passes
    assert wanted(solution.evaluation, solution.beta) == (False, False)
    assert refined(function.objective, function.penalty, solution) is solution
    assert function.objective.passes == before


@pytest.mark.parametrize("name", HARD)
def test_every_digit_is_found(name):
    assert reference.score_coefficients(name, reference.fitted(name).beta) > 15.0


@pytest.mark.parametrize("kind", [np.asfortranarray, sp.csr_array])
def test_every_kind_of_rows_gives_the_same_digits(kind, both_kernels):
    given = reference.made("condition 1e6")
    assert reference.score_coefficients("condition 1e6", fit(as_source(kind(given.X), given.y)).beta) > 15.0


def test_the_root_is_that_of_the_inverse_hessian():
    X, y = nearly_equal(1e-3)
    function, solution = solved(X, y)
    end = refined(function.objective, function.penalty, solution)
    assert end is not solution
    np.testing.assert_allclose(end.evaluation.factor.inverse, solution.evaluation.factor.inverse, rtol=1e-7)
    assert [step.passes for step in end.trace] == sorted(step.passes for step in end.trace)


@pytest.mark.parametrize("error", [0.0, 1e-16])
def test_collinear_columns_are_left_to_those_who_name_them(error):
    X, y = nearly_equal(1.0)
    X[:, 2] = (X[:, 0] + X[:, 1]) * (1 + error * np.arange(400))
    function, solution = solved(X, y)
    assert any(wanted(solution.evaluation, solution.beta))
    assert refined(function.objective, function.penalty, solution) is solution


def test_what_runs_off_is_left_alone():
    X, y = nearly_equal(1.0)
    X[:, 2] = (np.arange(400) % 10 == 0) & (y == 1)
    with pytest.warns(OddsmithWarning, match="separated"):
        assert fit(as_source(X, y)).status is Status.SEPARATED


def test_standard_errors_survive_a_file(tmp_path):
    from oddsmith import load, save

    result = reference.fitted("condition 1e8")
    save(result, tmp_path / "model.json")
    np.testing.assert_array_equal(infer(load(tmp_path / "model.json").fit).se, infer(result).se)


def test_many_rows_take_one_pass_in_double_double(monkeypatch):
    X, y = nearly_equal(1e-3, 3000)
    function, solution = solved(X, y)
    whole = refined(function.objective, function.penalty, solution)
    monkeypatch.setattr("oddsmith.judging.refinement.HEAVY", 1.0)
    before = function.objective.passes
    light = refined(function.objective, function.penalty, solution)
    assert function.objective.passes == before + 1
    np.testing.assert_allclose(light.beta, whole.beta, rtol=1e-15)
    assert np.abs(solution.beta / whole.beta - 1).max() > 1e-14


def test_a_ridge_without_intercept():
    X, y = nearly_equal(1e-6)
    exact = fit(as_source(X, y), penalty=L2(1e-14), intercept=False)
    doubled = fit(as_source(np.vstack([X, X]), np.tile(y, 2)), penalty=L2(1e-14), intercept=False)
    np.testing.assert_allclose(doubled.beta, exact.beta, rtol=1e-13)


def test_where_standard_errors_have_their_digits_one_pass_is_enough(monkeypatch):
    from sklearn.datasets import load_breast_cancer

    monkeypatch.setattr("oddsmith.judging.refinement.ENOUGH", 1e-13)
    X, y = load_breast_cancer(return_X_y=True)
    function, solution = solved(X, y, L2(1.0 / len(y)))
    assert wanted(solution.evaluation, solution.beta) == (True, False)
    before = function.objective.passes
    end = refined(function.objective, function.penalty, solution)
    assert function.objective.passes == before + 1
    assert end.evaluation.hessian is solution.evaluation.hessian
    assert np.abs(end.low).max() > 0.0
