"""Products in double-double: compiled against the twin, and both against rationals."""

from fractions import Fraction

import numpy as np
import pytest

from oddsmith import kernels
from oddsmith.extended import Extended


def inputs(rows, columns, outputs, dtype=np.float64):
    rng = np.random.default_rng(rows)
    x = (1e7 + rng.standard_normal((rows, columns))).astype(dtype)
    hi = rng.standard_normal((columns, outputs))
    return x, Extended(hi, 1e-17 * hi), Extended(rng.standard_normal((rows, outputs)), np.full((rows, outputs), 1e-18))


def run(module, verb, x, given, shape, threads=1):
    hi, lo = np.zeros((2, *shape))
    getattr(module, f"exact_{verb}_dense")(x, given.hi, given.lo, hi, lo, threads)
    return Extended(hi, lo).normalised()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows, columns, outputs", [(1, 1, 1), (5, 3, 2), (3000, 7, 1), (2100, 9, 10)])
def test_products_are_their_twins(rows, columns, outputs, dtype, order):
    x, b, r = inputs(rows, columns, outputs, dtype)
    x = np.asarray(x, order=order)
    for verb, given, shape in (("scores", b, (rows, outputs)), ("slopes", r, (outputs, columns))):
        one, two = (run(kernels.load(choice), verb, x, given, shape) for choice in kernels.MODULES)
        size = np.abs(two.value).max()
        assert np.abs((one - two).value).max() <= 1e-28 * size * rows


def test_products_are_right_to_30_digits(both_kernels):
    x, b, r = inputs(40, 3, 1)
    exact = [[Fraction(float(hi)) + Fraction(float(lo)) for hi, lo in zip(*part, strict=True)] for part in
             ((b.hi[:, 0], b.lo[:, 0]), (r.hi[:, 0], r.lo[:, 0]))]  # fmt: skip
    scores, slopes = run(kernels.active, "scores", x, b, (40, 1)), run(kernels.active, "slopes", x, r, (1, 3))
    for i in range(40):
        truth = sum(Fraction(float(v)) * c for v, c in zip(x[i], exact[0], strict=True))
        assert abs(Fraction(float(scores.hi[i, 0])) + Fraction(float(scores.lo[i, 0])) - truth) < Fraction(1, 10**22)
    for j in range(3):
        truth = sum(Fraction(float(v)) * c for v, c in zip(x[:, j], exact[1], strict=True))
        assert abs(Fraction(float(slopes.hi[0, j])) + Fraction(float(slopes.lo[0, j])) - truth) < Fraction(1, 10**21)


@pytest.mark.parametrize("verb", ["scores", "slopes"])
def test_the_bits_do_not_depend_on_threads(verb):
    x, b, r = inputs(20_011, 5, 3)
    given, shape = (b, (20_011, 3)) if verb == "scores" else (r, (3, 5))
    found = {run(kernels.load("compiled"), verb, x, given, shape, threads).lo.tobytes() for threads in (1, 2, 5)}
    assert len(found) == 1


def test_wrong_shapes_are_refused():
    x, b, _ = inputs(5, 3, 2)
    module = kernels.load("compiled")
    with pytest.raises(ValueError, match="hi and lo"):
        run(module, "slopes", x, b, (2, 3))
    with pytest.raises(ValueError, match="out_hi and out_lo"):
        run(module, "scores", x, b, (5, 3))
