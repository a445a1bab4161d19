import numpy as np
import pytest

from oddsmith import L2, GradientDescent, SpecificationError, fit
from oddsmith.errors import ConvergenceWarning, Status
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


def test_run_long_it_reaches_the_engines_optimum():
    slow = fit(PLAIN.source, solver=GradientDescent(max_iter=20_000))
    np.testing.assert_allclose(slow.beta, fit(PLAIN.source).beta, rtol=1e-7)
    assert slow.certificate.kind == "proved"


def test_one_iteration_by_hand():
    with pytest.warns(ConvergenceWarning):
        result = fit(PLAIN.source, solver=GradientDescent(learning_rate=0.5, max_iter=1))
    scale = PLAIN.X.std(axis=0)
    Z = (PLAIN.X - PLAIN.X.mean(axis=0)) / scale
    step = 0.5 * Z.T @ (PLAIN.y - 0.5) / len(Z) / scale
    np.testing.assert_allclose(result.beta[0, 1:], step, rtol=1e-12)


def test_the_loss_falls_at_every_iteration_and_is_recorded():
    with pytest.warns(ConvergenceWarning):
        result = fit(PLAIN.source, solver=GradientDescent(max_iter=40))
    assert len(result.losses) == 41
    assert result.losses[0] == pytest.approx(np.log(2))
    assert (np.diff(result.losses) < 0).all()


def test_mini_batches_come_close_and_repeat_by_seed():
    runs = []
    for seed in (0, 0, 1):
        with pytest.warns(ConvergenceWarning):
            runs.append(fit(PLAIN.source, solver=GradientDescent(0.05, max_iter=60, batch_size=32, seed=seed)))
    assert len(runs[0].losses) == 61
    np.testing.assert_array_equal(runs[0].beta, runs[1].beta)
    assert (runs[0].beta != runs[2].beta).any()
    assert runs[0].losses[-1] < fit(PLAIN.source).value * 1.01


def test_a_learning_rate_that_is_too_large_is_noticed():
    with pytest.warns(ConvergenceWarning, match="smaller learning rate"):
        result = fit(PLAIN.source, solver=GradientDescent(learning_rate=100.0))
    assert result.status is Status.DIVERGED


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be a number > 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a number > 0"),
        ({"max_iter": 0}, "max_iter must be an integer"),
        ({"learning_rate": "0.1"}, "learning_rate must be a number > 0: '0.1'. That is text"),
        ({"max_iter": "100"}, "max_iter must be an integer >= 1: '100'. That is text"),
        ({"batch_size": 2.5}, "batch_size must be an integer"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(SpecificationError, match=message):
        GradientDescent(**options)


def test_a_tolerance_that_it_says_is_met_is_proved_to_be():
    """Its estimate of what is left to gain may be a little low: half the tolerance is asked of it."""
    result = fit(PROBLEMS["rare"].source, penalty=L2(0.01), standardize=True, solver="gd", tol=1e-4)
    assert result.status is Status.CONVERGED
    assert result.certificate.suboptimality <= 1e-4
