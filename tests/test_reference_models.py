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


def sets(count, cols, size, seed=6):
    """Which columns each works on: so many, of which one works on one less if it can."""
    rng = np.random.default_rng(seed)
    return [np.sort(rng.permutation(cols)[: max(0, size - (k == 1 and size > 1))]) for k in range(count)]


@pytest.mark.parametrize("size", [0, 1, 9, 130])
def test_steps_of_several_models_lead_to_their_minima(size):
    cols = size + 3
    hessians, *told = models(3, cols)
    within = sets(3, cols, size)
    among, results = [h[np.ix_(w, w)].copy() for h, w in zip(hessians, within, strict=True)], []
    for kind, threads in (("compiled", 1), ("compiled", 2), ("reference", 1)):
        out = [*np.zeros((2, 3, cols)), np.full(3, np.nan), np.full(3, np.nan)]
        kernels.load(kind).model_steps(among, within, *told, 1e-6, 1000, *out, threads)
        results.append(out)
    for one, again, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, again)
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-7)
    across, mass, slopes, start, beta, thresholds, curvature = told
    step, image, first, fall = results[0]
    for k, (hessian, w) in enumerate(zip(among, within, strict=True)):
        # the whole Hessian, intercept and all, of which the model is what is left when that is eliminated
        border = mass[k] * across[k, w]
        whole = np.block(
            [[mass[k : k + 1, None], border[None]], [border[:, None], hessian + np.outer(across[k, w], border)]]
        )
        both, g = np.concatenate([first[k : k + 1], step[k, w]]), np.concatenate([start[k : k + 1], slopes[k, w]])
        slope = g + whole @ both
        assert abs(slope[0]) < 1e-9
        b, t, c = beta[k, w] + step[k, w], thresholds[k, w], curvature[k, w]
        own = slope[1:] + c * b
        violation = np.where(b != 0, np.abs(own + t * np.sign(b)), np.maximum(np.abs(own) - t, 0))
        assert violation.max(initial=0.0) < 1e-5
        np.testing.assert_allclose(image[k, w], hessian @ step[k, w], atol=1e-6)
        outside = np.setdiff1d(np.arange(cols), w)
        assert not step[k, outside].any()
        assert not image[k, outside].any()
        cost = [t @ np.abs(v) + 0.5 * c @ v**2 for v in (beta[k, w], b)]
        assert fall[k] == pytest.approx(-(g @ both + 0.5 * both @ whole @ both + cost[1] - cost[0]), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("size", [1, 9, 130])
def test_several_corrections_send_steps_where_they_led(size):
    rng, found, cols = np.random.default_rng(5), [], size + 3
    within, step = sets(3, cols, size), rng.standard_normal((3, cols))
    for kind, threads in (("compiled", 1), ("compiled", 2), ("reference", 1)):
        hessians = [h[np.ix_(w, w)].copy() for h, w in zip(models(3, cols)[0], within, strict=True)]
        image = np.zeros((3, cols))
        for k, w in enumerate(within):
            image[k, w] = hessians[k] @ step[k, w]
        change = image * np.array([[1.3], [1e-3], [0.7]])  # the second has met no curvature
        before = [hessian.copy() for hessian in hessians]
        kernels.load(kind).correct_models(hessians, within, step, image, change, 0.1, threads)
        found.append(hessians)
        for k in (0, 2):
            w = within[k]
            np.testing.assert_allclose(hessians[k] @ step[k, w], change[k, w], rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(hessians[1], before[1])
    for one, again, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, again)
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("chosen", [[0], [0, 2], [2, 1, 0]])
@pytest.mark.parametrize("within", [[], [4], [0, 1, 2, 3, 4], [1, 4]])
def test_a_reduced_hessian_is_a_sum_of_parts_less_the_intercept(chosen, within):
    rng = np.random.default_rng(7)
    parts, across, border = rng.standard_normal((3, 8, 8)).astype(np.float32), *rng.standard_normal((2, 5))
    for kind in ("compiled", "reference"):
        out = np.full((len(within),) * 2, np.nan, dtype=np.float32)
        places = np.array(within, dtype=np.int64)
        kernels.load(kind).reduced_hessian(parts, np.array(chosen), places, 0.3, across, border, out)
        expected = 0.3 * parts[chosen].sum(axis=0)[:5, :5] - np.outer(across, border)
        np.testing.assert_allclose(out, expected[np.ix_(places, places)], atol=1e-6)


def test_models_of_wrong_shapes_are_refused():
    hessians, *told = models(2, 4)
    out, every = [*np.zeros((2, 2, 4)), np.zeros(2), np.zeros(2)], [np.arange(4)] * 2
    compiled = kernels.load("compiled")
    with pytest.raises(ValueError, match="one Hessian a problem"):
        compiled.model_steps(hessians[:1], every, *told, 0.1, 5, *out, 1)
    with pytest.raises(ValueError, match="Hessians: one entry a pair of columns"):
        compiled.correct_models(hessians, [np.arange(3)] * 2, *out[:2], out[0], 0.1, 1)
    with pytest.raises(ValueError, match="no such column"):
        compiled.correct_models(hessians, [np.arange(1, 5)] * 2, *out[:2], out[0], 0.1, 1)
    parts = np.zeros((2, 4, 4), np.float32)
    with pytest.raises(ValueError, match="no such part"):
        compiled.reduced_hessian(parts, np.array([2]), every[0], 1.0, *np.zeros((2, 4)), hessians[0])
