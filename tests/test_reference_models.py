"""The models of several problems, compiled and in NumPy."""

import numpy as np
import pytest

from oddsmith import kernels


def models(count, size, seed=3):
    """Several, with Hessians in single precision."""
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((count, size + 2, size)) / np.sqrt(size + 2)
    hessians = [np.float32(root.T @ root + 0.1 * np.eye(size)) for root in roots]
    across, slopes, beta = rng.standard_normal((3, count, size))
    beta *= rng.random((count, size)) < 0.5
    thresholds, curvature = rng.uniform(0.0, 1.0, (2, count, size))
    return (
        hessians,
        across,
        rng.uniform(0.5, 1.0, count),
        slopes,
        rng.standard_normal(count),
        beta,
        thresholds,
        curvature,
    )


@pytest.mark.parametrize("size", [0, 1, 9, 130])
def test_steps_of_several_models_lead_to_their_minima(size):
    told, results = models(3, size), []
    for kind, threads in (("compiled", 1), ("compiled", 2), ("reference", 1)):
        out = [np.zeros((3, size)), np.full((3, size), np.nan), np.full(3, np.nan), np.full(3, np.nan)]
        kernels.load(kind).model_steps(*told, 1e-6, 1000, *out, threads)
        results.append(out)
    for one, again, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, again)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    hessians, across, mass, slopes, start, beta, thresholds, curvature = told
    step, image, first, fall = results[0]
    for k, hessian in enumerate(hessians):
        # the whole Hessian, intercept and all, of which the model is what is left when that is eliminated
        border = mass[k] * across[k]
        whole = np.block(
            [[mass[k : k + 1, None], border[None]], [border[:, None], hessian + np.outer(across[k], border)]]
        )
        both, g = np.concatenate([first[k : k + 1], step[k]]), np.concatenate([start[k : k + 1], slopes[k]])
        slope = g + whole @ both
        assert abs(slope[0]) < 1e-9
        b = beta[k] + step[k]
        own = slope[1:] + curvature[k] * b
        violation = np.where(
            b != 0, np.abs(own + thresholds[k] * np.sign(b)), np.maximum(np.abs(own) - thresholds[k], 0)
        )
        assert violation.max(initial=0.0) < 1e-5
        np.testing.assert_allclose(image[k], hessian @ step[k], atol=1e-6)
        cost = [thresholds[k] @ np.abs(c) + 0.5 * curvature[k] @ c**2 for c in (beta[k], b)]
        assert fall[k] == pytest.approx(-(g @ both + 0.5 * both @ whole @ both + cost[1] - cost[0]), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("size", [1, 9, 130])
def test_several_corrections_send_steps_where_they_led(size):
    rng, found = np.random.default_rng(5), []
    step = rng.standard_normal((3, size))
    for kind, threads in (("compiled", 1), ("compiled", 2), ("reference", 1)):
        hessians = models(3, size)[0]
        image = np.array([hessian @ s for hessian, s in zip(hessians, step, strict=True)])
        change = image * np.array([[1.3], [1e-3], [0.7]])  # the second has met no curvature
        before = [hessian.copy() for hessian in hessians]
        kernels.load(kind).correct_models(hessians, step, image, change, 0.1, threads)
        found.append(hessians)
        for k in (0, 2):
            np.testing.assert_allclose(hessians[k] @ step[k], change[k], rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(hessians[1], before[1])
    for one, again, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, again)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("chosen", [[0], [0, 2], [2, 1, 0]])
def test_a_reduced_hessian_is_a_sum_of_parts_less_the_intercept(chosen):
    rng = np.random.default_rng(7)
    parts, across, border = rng.standard_normal((3, 8, 8)).astype(np.float32), *rng.standard_normal((2, 5))
    for kind in ("compiled", "reference"):
        out = np.full((5, 5), np.nan, dtype=np.float32)
        kernels.load(kind).reduced_hessian(parts, np.array(chosen), 0.3, across, border, out)
        expected = 0.3 * parts[chosen].sum(axis=0)[:5, :5] - np.outer(across, border)
        np.testing.assert_allclose(out, expected, atol=1e-6)


def test_models_of_wrong_shapes_are_refused():
    told = models(2, 4)
    out = [np.zeros((2, 4)), np.zeros((2, 4)), np.zeros(2), np.zeros(2)]
    compiled = kernels.load("compiled")
    with pytest.raises(ValueError, match="one Hessian a problem"):
        compiled.model_steps(told[0][:1], *told[1:], 0.1, 5, *out, 1)
    with pytest.raises(ValueError, match="Hessians: one entry a pair of columns"):
        compiled.correct_models([h[:3] for h in told[0]], *out[:2], out[0], 0.1, 1)
    with pytest.raises(ValueError, match="no such part"):
        compiled.reduced_hessian(np.zeros((2, 4, 4), np.float32), np.array([2]), 1.0, *np.zeros((2, 4)), told[0][0])
