import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import (
    L2,
    DataError,
    SeparationWarning,
    SketchedNewton,
    SpecificationError,
    Status,
    as_source,
    fit,
    fit_one_vs_rest,
    infer,
)
from oddsmith.lockstep import SharedRows
from tests.problems import many_classes

X, Y = many_classes(4000, 6, 5, unscaled=True)
LABELS = np.array(["ant", "bee", "cow", "dog", "eel"])[Y]


@pytest.mark.parametrize("penalty", [None, L2(1e-3)])
@pytest.mark.parametrize("tol", [None, 1e-9])
@pytest.mark.parametrize(
    "solver", ["auto", "newton", SketchedNewton(most_rows=500, rows_per_column=20, newton_limit=1)]
)
def test_each_fit_is_that_of_its_class_alone(both_kernels, penalty, tol, solver):
    fits = fit_one_vs_rest(as_source(X, LABELS), penalty=penalty, tol=tol, solver=solver)
    assert len(fits) == 5
    for label, together in zip(["ant", "bee", "cow", "dog", "eel"], fits, strict=True):
        alone = fit(as_source(X, label == LABELS), penalty=penalty)
        assert together.status is Status.CONVERGED
        assert together.classes.tolist() == alone.classes.tolist() == [False, True]
        assert together.class_weights == alone.class_weights
        assert abs(together.value - alone.value) <= 1e-9 * alone.value
        if tol is None:
            assert together.certificate.kind == "proved"
            np.testing.assert_allclose(together.beta, alone.beta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("intercept", [True, False])
def test_weights_offset_and_a_fixed_intercept(intercept):
    rng = np.random.default_rng(0)
    rest = {"sample_weight": rng.integers(0, 3, 4000), "offset": rng.standard_normal(4000) * 0.3}
    fits = fit_one_vs_rest(as_source(X, Y, **rest), intercept=intercept)
    for k, together in enumerate(fits):
        alone = fit(as_source(X, k == Y, **rest), intercept=intercept)
        np.testing.assert_allclose(together.beta, alone.beta, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(infer(together).se, infer(alone).se, rtol=1e-7)


def test_sparse_rows_too():
    Z = sp.csr_array(np.where(np.abs(X) > np.abs(X).mean(axis=0), X, 0.0))
    fits = fit_one_vs_rest(as_source(Z, Y), penalty=L2(0.01), standardize=True)
    for k, together in enumerate(fits):
        alone = fit(as_source(Z, k == Y), penalty=L2(0.01), standardize=True)
        np.testing.assert_allclose(together.beta, alone.beta, rtol=1e-9, atol=1e-12)


def test_the_passes_are_shared(monkeypatch):
    """The rows are read as often as the slowest class asks for, not once for each class."""
    passes = []
    evaluate = SharedRows.evaluate
    monkeypatch.setattr(SharedRows, "evaluate", lambda self, asked: (passes.append(self), evaluate(self, asked))[1])
    source = as_source(*many_classes(30_000, 20, 6))
    fits = fit_one_vs_rest(source, penalty=L2(1e-4), tol=1e-9, solver=SketchedNewton(most_rows=2000, newton_limit=1))
    assert all("sample of" in found.trace[0].note for found in fits)
    whole = [rows for rows in passes if rows.source.rows == 30_000]
    assert len(whole) + 1 == max(found.passes for found in fits) <= 10  # and one for the moments


def test_a_separated_class_is_told():
    """A column that tells class 2 from the rest also says of the other classes which rows they do not hold."""
    data = np.column_stack([X, np.where(Y == 2, 1.0, -1.0)])
    with pytest.warns(SeparationWarning, match="x6"):
        fits = fit_one_vs_rest(as_source(data, Y))
    assert [found.status for found in fits] == [Status.SEPARATED] * 5


def test_many_classes_are_taken_in_groups(monkeypatch):
    from oddsmith import one_vs_rest

    whole = fit_one_vs_rest(as_source(X, Y), penalty=L2(0.01))
    monkeypatch.setattr(one_vs_rest, "AT_ONCE", 2)
    monkeypatch.setattr(one_vs_rest, "LEAST_AT_ONCE", 1)
    parts = fit_one_vs_rest(as_source(X, Y), penalty=L2(0.01))
    for one, other in zip(whole, parts, strict=True):
        assert one.beta.tobytes() == other.beta.tobytes()


def test_what_has_no_meaning_is_refused():
    with pytest.raises(SpecificationError, match="solver is not known"):
        fit_one_vs_rest(as_source(X, Y), solver="magic")
    with pytest.raises(SpecificationError, match="needs a Source"):
        fit_one_vs_rest(X)
    with pytest.raises(DataError, match="A class has no rows"):
        fit_one_vs_rest(as_source(X, Y, sample_weight=(Y != 1).astype(float)))
