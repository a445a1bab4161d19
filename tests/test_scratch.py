"""The learner's class: its steps against derivatives and against the engine, its safety, its length."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oddsmith
from oddsmith import scratch
from oddsmith.errors import ConvergenceWarning
from oddsmith.losses import Logistic
from oddsmith.objective import Objective
from oddsmith.scratch import LogisticRegression
from tests.problems import generate

PLAIN = generate(300, 4, 7)
Z = (PLAIN.X - PLAIN.X.mean(axis=0)) / PLAIN.X.std(axis=0)
Y = PLAIN.y


def at(weights, bias) -> LogisticRegression:
    model = LogisticRegression()
    model.weights, model.bias = np.asarray(weights, dtype=float), bias
    return model


@given(st.floats(-1000, 1000))
def test_the_sigmoid_is_right_everywhere_and_overflows_nowhere(z):
    with np.errstate(all="raise", under="ignore"):
        a, other = LogisticRegression.sigmoid([z, -z])
    assert a == Logistic().mean(np.array([z]))[0]
    assert 0.0 <= a <= 1.0
    assert a + other == pytest.approx(1.0, abs=1e-15)
    if abs(z) < 30:
        assert np.log(a / other) == pytest.approx(z, rel=1e-12, abs=1e-12)


def test_the_sigmoid_at_a_thousand():
    assert LogisticRegression.sigmoid([-1000, 0, 1000]).tolist() == [0.0, 0.5, 1.0]


def test_the_loss_is_finite_and_right_at_0_and_1():
    assert LogisticRegression.compute_loss([1, 0], [1.0, 0.0]) < 1e-15
    assert LogisticRegression.compute_loss([1], [0.0]) == pytest.approx(36.04, abs=0.01)
    assert LogisticRegression.compute_loss([0], [1.0]) == pytest.approx(36.04, abs=0.01)
    a = np.random.default_rng(0).uniform(0.001, 0.999, 50)
    y = np.arange(50) % 2
    assert LogisticRegression.compute_loss(y, a) == pytest.approx(scratch.log_loss(y, a), rel=1e-12)


def test_the_backward_step_is_the_derivative_by_complex_step():
    weights, bias, h = np.array([0.3, -1.2, 0.5, 2.0]), -0.4, 1e-30

    def loss(w, b):  # the textbook's formulas as they stand, which take complex numbers
        a = 1.0 / (1.0 + np.exp(-(Z @ w + b)))
        return -np.mean(Y * np.log(a) + (1 - Y) * np.log(1 - a))

    dw, db = LogisticRegression.backward(Z, Y, at(weights, bias).feed_forward(Z))
    by_complex_step = [loss(weights + 1j * h * direction, bias).imag / h for direction in np.eye(4)]
    np.testing.assert_allclose(dw, by_complex_step, rtol=1e-12)
    assert db == pytest.approx(loss(weights, bias + 1j * h).imag / h, rel=1e-12)


def test_the_steps_agree_with_the_engine():
    beta = np.array([-0.4, 0.3, -1.2, 0.5, 2.0])
    engine = Objective(oddsmith.as_source(Z, Y), Logistic(), intercept=True).evaluate(beta)
    model = at(beta[1:], beta[0])
    a = model.feed_forward(Z)
    dw, db = model.backward(Z, Y, a)
    assert model.compute_loss(Y, a) == pytest.approx(engine.value, rel=1e-12)
    np.testing.assert_allclose([db, *dw], engine.gradient, rtol=1e-10, atol=1e-15)


def test_run_long_it_reaches_the_engines_optimum():
    engine = oddsmith.LogisticRegression(C=np.inf).fit(Z, Y)
    model = LogisticRegression(learning_rate=1.0, n_iters=3000).fit(Z, Y)
    assert model.losses[-1] == pytest.approx(engine.fit_.value, abs=1e-6)
    np.testing.assert_allclose(model.weights, engine.coef_[0], atol=1e-6)
    assert model.bias == pytest.approx(engine.intercept_[0], abs=1e-6)
    np.testing.assert_allclose(model.predict_proba(Z), engine.predict_proba(Z), atol=1e-6)


def test_it_takes_the_steps_of_the_engines_gradient_descent():
    rate, steps = 0.5, 20
    mine = LogisticRegression(learning_rate=rate, n_iters=steps).fit(Z, Y)
    with pytest.warns(ConvergenceWarning):
        theirs = oddsmith.fit(
            oddsmith.as_source(Z, Y), solver=oddsmith.GradientDescent(learning_rate=rate, max_iter=steps)
        )
    np.testing.assert_allclose(mine.losses, theirs.losses[:-1], rtol=1e-10)
    np.testing.assert_allclose([mine.bias, *mine.weights], theirs.beta[0], rtol=1e-8)


def test_losses_are_those_of_all_rows_as_each_iteration_begins():
    for size in (None, 32):
        model = LogisticRegression(learning_rate=0.1, n_iters=7, batch_size=size).fit(Z, Y)
        assert len(model.losses) == 7
        assert model.losses[0] == pytest.approx(np.log(2), rel=1e-15)
        shorter = LogisticRegression(learning_rate=0.1, n_iters=6, batch_size=size).fit(Z, Y)
        assert model.losses[:6] == shorter.losses
        assert model.losses[6] == LogisticRegression.compute_loss(Y, shorter.feed_forward(Z))


@pytest.mark.parametrize("size", [1, 7, 32, 299, 300, 1000])
def test_a_sweep_takes_every_row_once_in_batches(size, monkeypatch):
    seen = []
    true_step = LogisticRegression.backward

    def spy(X, y, a):
        seen.append(X[:, 0])
        return true_step(X, y, a)

    monkeypatch.setattr(LogisticRegression, "backward", staticmethod(spy))
    LogisticRegression(learning_rate=0.01, n_iters=2, batch_size=size).fit(Z, Y)
    batches = -(-300 // size)
    assert len(seen) == 2 * batches
    assert {len(rows) for rows in seen[: batches - 1]} <= {size}
    first, second = np.concatenate(seen[:batches]), np.concatenate(seen[batches:])
    assert sorted(first) == sorted(second) == sorted(Z[:, 0])
    assert first.tolist() != second.tolist()


def test_the_seed_decides_the_order_of_the_rows():
    one, same, other = (
        LogisticRegression(0.1, 5, batch_size=20, seed=seed).fit(Z, Y).weights.tolist() for seed in (3, 3, 4)
    )
    assert one == same
    assert one != other


def test_initial_weights_are_where_it_starts_and_stay_as_they_are():
    start = np.array([1.0, -1.0, 0.5, 0.0])
    model = LogisticRegression(learning_rate=0.1, n_iters=3, initial_weights=start).fit(Z, Y)
    assert model.losses[0] == LogisticRegression.compute_loss(Y, at(start, 0.0).feed_forward(Z))
    assert start.tolist() == [1.0, -1.0, 0.5, 0.0]
    at_rest = LogisticRegression(n_iters=0, initial_weights=start).fit(Z, Y)
    assert (at_rest.weights.tolist(), at_rest.bias, at_rest.losses) == (start.tolist(), 0.0, [])


@pytest.mark.parametrize("size", [None, 10])
def test_too_large_a_learning_rate_is_told_and_its_advice_is_good(size):
    with pytest.warns(ConvergenceWarning, match=r"too large for these columns\. Use (\S+) or less") as caught:
        LogisticRegression(learning_rate=300.0, n_iters=20, batch_size=size).fit(Z, Y)
    assert caught[0].filename == __file__
    advised = float(str(caught[0].message).split("Use ")[1].split()[0])
    model = LogisticRegression(learning_rate=advised, n_iters=200).fit(Z, Y)  # a warning would be an error
    assert np.all(np.diff(model.losses) < 1e-15)


def test_a_learning_rate_beyond_all_bounds_is_told_too():
    with pytest.warns(ConvergenceWarning, match="too large"), np.errstate(all="ignore"):
        LogisticRegression(learning_rate=1e308, n_iters=5).fit(Z * 1e5, Y)


def test_resting_at_the_optimum_is_no_rise():
    model = LogisticRegression(learning_rate=1.0, n_iters=5000).fit(Z[:60], Y[:60])  # a warning would be an error
    assert model.losses[-1] == pytest.approx(model.losses[-2], rel=1e-12)


def test_probabilities_and_predictions():
    model = LogisticRegression(0.5, 200).fit(Z, Y)
    both, a = model.predict_proba(Z), model.feed_forward(Z)
    np.testing.assert_array_equal(both[:, 1], a)
    np.testing.assert_allclose(both.sum(axis=1), 1.0, rtol=1e-15)
    for threshold in (0.2, 0.5, 0.9):
        assert model.predict(Z, threshold=threshold).tolist() == (a >= threshold).astype(int).tolist()
    assert model.predict(Z).tolist() == model.predict(Z, 0.5).tolist()
    assert model.predict(Z, threshold=float(a[3]))[3] == 1


@pytest.mark.parametrize(
    ("X", "y", "what"),
    [
        (Z, Y + 1, "y must be 0 or 1"),
        (Z, Y[:, None], "y must be 0 or 1"),
        (Z, Y[:-1], "y must be 0 or 1"),
        (Z, np.where(Y == 1, np.nan, 0), "y must be 0 or 1"),
        (Z[:, 0], Y, "X must be rows by columns"),
        (Z[:0], Y[:0], "X must be rows by columns"),
        (np.where(Z > 2, np.inf, Z), Y, "a NaN or infinity"),
    ],
)
def test_what_the_formulas_would_get_wrong_is_refused(X, y, what):
    with pytest.raises(ValueError, match=what):
        LogisticRegression().fit(X, y)


def test_frames_and_lists_will_do():
    import pandas as pd

    frame = LogisticRegression(0.1, 5).fit(pd.DataFrame(Z), pd.Series(Y))
    lists = LogisticRegression(0.1, 5).fit(Z.tolist(), Y.tolist())
    assert frame.weights.tolist() == lists.weights.tolist()


def test_the_metrics_are_scikit_learns():
    from sklearn import metrics, model_selection

    assert scratch.train_test_split is model_selection.train_test_split
    for name in set(scratch.__all__) - {"LogisticRegression", "train_test_split"}:
        assert getattr(scratch, name) is getattr(metrics, name)
    assert {"accuracy_score", "precision_score"} < set(scratch.__all__)


def test_it_can_be_read_at_one_sitting():
    source = Path(scratch.__file__).read_text()
    assert len(source.splitlines()) < 200
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(node, "module", None) or node.names[0].name for node in nodes}
    theirs = {"__future__", "warnings", "collections.abc", "numpy", "numpy.typing"}
    assert modules == theirs | {"sklearn.metrics", "sklearn.model_selection", "oddsmith.errors"}
