"""More than two classes: against scikit-learn, statsmodels, and laws."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import statsmodels.api as sm
from sklearn.datasets import load_iris, load_wine
from sklearn.linear_model import LogisticRegression as Peer

from oddsmith import (
    L2,
    DataError,
    LogisticRegression,
    SeparationWarning,
    SketchedNewton,
    SpecificationError,
    Status,
    as_source,
    covariance,
    fit,
    infer,
    load,
    odds_ratios,
    summarise,
    wald_test,
)
from oddsmith.losses import Multinomial
from oddsmith.objective import Objective

RNG = np.random.default_rng(2)
ROWS, COLUMNS, CLASSES = 1500, 4, 4
X = RNG.standard_normal((ROWS, COLUMNS)) * [1.0, 100.0, 0.01, 1.0] + [0.0, 1e4, 0.0, -3.0]
Z = (X - X.mean(axis=0)) / X.std(axis=0)
Y = (Z @ RNG.standard_normal((COLUMNS, CLASSES)) + RNG.gumbel(size=(ROWS, CLASSES))).argmax(axis=1)
WEIGHT = RNG.integers(0, 4, ROWS).astype(float)
SOURCE = as_source(X, Y)


@pytest.mark.parametrize("load_data", [load_iris, load_wine])
@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_scikit_learn_agrees(load_data, C):
    data, labels = load_data(return_X_y=True)
    data = (data - data.mean(axis=0)) / data.std(axis=0)
    peer = Peer(C=C, tol=1e-14, max_iter=10_000, solver="newton-cholesky").fit(data, labels)
    ours = LogisticRegression(C=C).fit(data, labels)
    np.testing.assert_allclose(ours.coef_, peer.coef_ - peer.coef_.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(ours.predict_proba(data), peer.predict_proba(data), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(data), peer.predict(data))
    assert ours.certificate_.kind == "proved"


def test_statsmodels_agrees_without_a_penalty():
    peer = sm.MNLogit(Y, sm.add_constant(Z)).fit(method="newton", tol=1e-14, maxiter=100, disp=False)
    beta = fit(as_source(Z, Y)).beta
    np.testing.assert_allclose(beta[1:] - beta[0], peer.params.T, rtol=1e-9, atol=1e-11)


def test_coefficients_sum_to_zero_over_the_classes():
    for penalty in (None, L2(0.1)):
        np.testing.assert_allclose(fit(SOURCE, penalty=penalty).beta[:, 1:].sum(axis=0), 0.0, atol=1e-12)


@pytest.mark.parametrize("solver", ["auto", "newton", "sketched_newton"])
@pytest.mark.parametrize("options", [{}, {"penalty": L2(0.01)}, {"penalty": L2(0.01), "intercept": False}])
def test_every_solver_finds_the_same_optimum(solver, options):
    expected = fit(SOURCE, standardize=True, solver="newton", **options)
    found = fit(SOURCE, standardize=True, solver=solver, **options)
    assert found.status is Status.CONVERGED
    assert found.certificate.kind == "proved"
    np.testing.assert_allclose(
        found.beta * np.append(1, X.std(axis=0)), expected.beta * np.append(1, X.std(axis=0)), atol=1e-9
    )


def test_a_sketch_is_used_where_rows_are_many():
    exact = fit(SOURCE, penalty=L2(0.01), standardize=True, solver="newton")
    sketched = fit(SOURCE, penalty=L2(0.01), standardize=True, solver=SketchedNewton(newton_limit=1))
    assert "sample of" in sketched.trace[0].note
    assert sketched.certificate.kind == "proved"
    np.testing.assert_allclose(sketched.beta, exact.beta, rtol=1e-9, atol=1e-12)


def test_gradient_descent_gets_there_too():
    from oddsmith import GradientDescent

    exact = fit(as_source(Z, Y), penalty=L2(0.05))
    slow = fit(as_source(Z, Y), penalty=L2(0.05), solver=GradientDescent(max_iter=2000), tol=1e-9)
    assert slow.value == pytest.approx(exact.value, rel=1e-8)
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in zip(slow.losses, slow.losses[1:], strict=False))


def test_weights_are_repetitions():
    repeated = np.repeat(np.arange(ROWS), WEIGHT.astype(int))
    one = fit(as_source(X, Y, sample_weight=WEIGHT), penalty=L2(0.01))
    two = fit(as_source(X[repeated], Y[repeated]), penalty=L2(0.01))
    np.testing.assert_allclose(one.beta, two.beta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.hessian, two.hessian, rtol=1e-9, atol=1e-12)


def test_sparse_rows_are_the_same():
    one, two = (fit(as_source(kind(Z), Y), penalty=L2(0.01)) for kind in (np.asarray, sp.csr_array))
    np.testing.assert_allclose(one.beta, two.beta, rtol=1e-10, atol=1e-12)


def test_the_order_of_classes_and_of_panels_changes_nothing(monkeypatch):
    one = fit(SOURCE, penalty=L2(0.01))
    names = np.array(["d", "c", "b", "a"])
    two = fit(as_source(X, names[Y]), penalty=L2(0.01))
    assert two.classes.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_allclose(two.beta[::-1], one.beta, rtol=1e-9, atol=1e-12)
    monkeypatch.setattr("oddsmith.evaluation.PANEL_ROWS", 100)
    np.testing.assert_allclose(fit(SOURCE, penalty=L2(0.01)).beta, one.beta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("intercept", [True, False])
def test_gradient_and_hessian_are_derivatives(intercept):
    objective = Objective(as_source(Z, Y, sample_weight=WEIGHT), Multinomial(CLASSES), intercept=intercept)
    beta = RNG.standard_normal(objective.size) * 0.3
    seen = objective.evaluate(beta, 2)
    for k in range(objective.size):
        step = np.zeros(objective.size)
        step[k] = 1e-5
        above, below = (objective.evaluate(beta + side * step) for side in (1, -1))
        assert seen.gradient[k] == pytest.approx((above.value - below.value) / 2e-5, rel=1e-6, abs=1e-9)
        np.testing.assert_allclose(seen.hessian[k], (above.gradient - below.gradient) / 2e-5, rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(objective.hessian_product(beta, step * 1e5), seen.hessian[k], rtol=1e-10, atol=1e-13)
    lengths = (0.0, 0.5, 1.0)
    direction = RNG.standard_normal(objective.size)
    np.testing.assert_allclose(
        objective.along(beta, direction, lengths), [objective.evaluate(beta + t * direction).value for t in lengths]
    )


def test_the_bound_holds_wherever_one_stops():
    """The certificate against the truth, along the way of a solver that is stopped early."""
    best = fit(SOURCE, penalty=L2(0.001), standardize=True)
    for passes in range(2, 9):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            early = fit(SOURCE, penalty=L2(0.001), standardize=True, solver="newton", max_passes=passes)
        if early.certificate.kind == "proved":
            assert early.value - best.value <= early.certificate.suboptimality * early.value + 1e-14


def test_separated_classes_are_told():
    data, labels = load_iris(return_X_y=True)
    with pytest.warns(SeparationWarning, match="classes are separated"):
        found = fit(as_source(data, labels))
    assert found.status is Status.SEPARATED
    assert found.certificate.optimum_exists is False
    mixed = np.where(labels > 0, RNG.integers(0, 3, 150), labels)
    assert fit(as_source(data, mixed)).certificate.optimum_exists


def test_collinear_columns_are_named():
    from oddsmith import ConvergenceWarning

    with pytest.warns(ConvergenceWarning, match="Columns concerned: x0, x4"):
        found = fit(as_source(np.column_stack([Z, Z[:, 0] * 2]), Y), collinear="min-norm")
    assert found.status is Status.COLLINEAR


def test_the_estimator_with_everything(tmp_path):
    names = np.array(["ash", "birch", "cedar", "oak"])
    model = LogisticRegression(class_weight="balanced").fit(Z, names[Y], sample_weight=WEIGHT)
    peer = Peer(class_weight="balanced", tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(Z, names[Y], WEIGHT)
    assert model.coef_.shape == (CLASSES, COLUMNS)
    assert model.decision_function(Z).shape == (ROWS, CLASSES)
    np.testing.assert_allclose(model.predict_proba(Z), peer.predict_proba(Z), atol=1e-8)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(Z)), model.predict_proba(Z), rtol=1e-12)
    given = LogisticRegression(class_weight={"ash": 2.0, "oak": 0.5}).fit(Z, names[Y])
    other = Peer(class_weight={"ash": 2.0, "oak": 0.5}, tol=1e-12, max_iter=1000).fit(Z, names[Y])
    np.testing.assert_allclose(given.predict_proba(Z), other.predict_proba(Z), atol=1e-5)
    model.save(tmp_path / "m.json")
    again = load(tmp_path / "m.json")
    np.testing.assert_array_equal(again.predict_proba(Z), model.predict_proba(Z))
    np.testing.assert_array_equal(again.predict(Z), model.predict(Z))
    warm = LogisticRegression(warm_start=True).fit(Z, Y)
    np.testing.assert_allclose(warm.fit(Z, Y).coef_, LogisticRegression().fit(Z, Y).coef_, atol=1e-12)


def test_what_has_no_meaning_for_many_classes():
    with pytest.raises(SpecificationError, match="offset has no meaning"):
        fit(as_source(Z, Y, offset=np.ones(ROWS)))
    with pytest.raises(SpecificationError, match="A threshold is for two classes"):
        LogisticRegression().fit(Z, Y).predict(Z, threshold=0.3)
    with pytest.raises(SpecificationError, match="A logistic loss has 2 classes: 4"):
        fit(SOURCE, loss="logistic")
    with pytest.raises(DataError, match="y holds measurements, not classes: 1500 different numbers"):
        as_source(Z, Z[:, 0])
    with pytest.raises(DataError, match="A class has no rows: no row of class 2 has any weight"):
        fit(as_source(Z, Y, sample_weight=(Y != 2).astype(float)))


def test_statsmodels_agrees_on_standard_errors_and_the_likelihood():
    peer = sm.MNLogit(Y, sm.add_constant(Z)).fit(method="newton", tol=1e-14, maxiter=100, disp=False)
    ours = fit(as_source(Z, Y))
    found = infer(ours)
    np.testing.assert_allclose(found.coef, peer.params.T.ravel(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.se, peer.bse.T.ravel(), rtol=1e-8)
    np.testing.assert_allclose(found.p, peer.pvalues.T.ravel(), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(covariance(ours), peer.cov_params(), rtol=1e-7, atol=1e-12)
    summary = summarise(ours)
    np.testing.assert_allclose(
        [summary.likelihood.log_likelihood, summary.likelihood.aic, summary.likelihood.bic],
        [peer.llf, peer.aic, peer.bic],
    )
    np.testing.assert_allclose([summary.null_test.statistic, summary.null_test.df], [peer.llr, peer.df_model])


def test_any_class_may_be_the_reference():
    ours = fit(SOURCE)
    relabelled = fit(as_source(X, (Y - 2) % CLASSES))
    one, other = infer(ours, reference=2), infer(relabelled)
    order = np.argsort([int(name.split(":")[0]) for name in one.names], kind="stable")
    np.testing.assert_allclose(one.se.reshape(CLASSES - 1, -1)[[2, 0, 1]], other.se.reshape(CLASSES - 1, -1), rtol=1e-6)
    np.testing.assert_allclose(
        one.coef.reshape(CLASSES - 1, -1)[[2, 0, 1]], other.coef.reshape(CLASSES - 1, -1), rtol=1e-6, atol=1e-9
    )
    assert order.tolist() == list(range(len(order)))
    assert (one.reference, other.reference) == ("2", "0")
    with pytest.raises(SpecificationError, match="'7'. Use one of: 0, 1, 2, 3"):
        infer(ours, reference="7")


def test_two_classes_are_softmax_of_two():
    binary = fit(as_source(X, Y % 2))
    plain, turned = infer(binary), infer(binary, reference=1)
    assert plain.reference is None
    np.testing.assert_array_equal(turned.coef, -plain.coef)
    np.testing.assert_array_equal(turned.se, plain.se)


def test_odds_ratios_per_unit_of_each_class():
    ours = fit(as_source(X, Y, names=["a", "b", "c", "d"]))
    found, ratios = infer(ours), odds_ratios(ours, {"b": 100.0})
    assert ratios.names[:4] == ("1: a", "1: b", "1: c", "1: d")
    np.testing.assert_allclose(np.log(ratios.odds_ratio[1::4]), 100.0 * found.coef[2::5], rtol=1e-9)
    np.testing.assert_array_equal(ratios.p[::4], found.p[1::5])


def test_the_wald_test_of_a_column_in_all_classes():
    ours = fit(as_source(Z, Y, names=["a", "b", "c", "d"]))
    found = infer(ours)
    R = np.zeros((CLASSES - 1, len(found.names)))
    R[np.arange(CLASSES - 1), 1 + 5 * np.arange(CLASSES - 1)] = 1.0
    chosen = R @ covariance(ours) @ R.T
    expected = (R @ found.coef) @ np.linalg.solve(chosen, R @ found.coef)
    test = wald_test(ours, R)
    assert test.df == CLASSES - 1
    np.testing.assert_allclose(test.statistic, expected, rtol=1e-9)
