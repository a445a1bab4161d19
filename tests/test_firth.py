"""Firth's estimates: against closed forms, 50-digit arithmetic, and the laws that they obey."""

import mpmath as mp
import numpy as np
import pytest
import scipy.sparse as sp

from oddsmith import (
    L2,
    ColumnWarning,
    DataError,
    Likelihood,
    LogisticRegression,
    SpecificationError,
    Status,
    as_source,
    fit,
    infer,
    load,
    logit,
    lr_test,
    save,
    summarise,
)
from oddsmith.sources import read
from tests.problems import PROBLEMS, generate


def firth(X, y, **options):
    told = {key: options.pop(key) for key in ("sample_weight", "offset") if key in options}
    return fit(as_source(X, y, **told), bias_reduction="firth", **options)


def by_hand(X, y, weight=None, offset=None):
    """Coefficients, standard errors and penalised log-likelihood in 50 digits: Newton on the modified scores.

    The scores are the definition, row by row; their derivative is a difference quotient of step 1e-20.
    """
    n, m = len(X), X.shape[1] + 1
    Z = [[mp.mpf(1), *map(mp.mpf, map(float, row))] for row in X]
    w = [mp.mpf(1)] * n if weight is None else list(map(mp.mpf, map(float, weight)))
    o = [mp.mpf(0)] * n if offset is None else list(map(mp.mpf, map(float, offset)))

    def look(b):
        g = [1 / (1 + mp.exp(-(o[i] + mp.fdot(Z[i], b)))) for i in range(n)]
        v = [w[i] * g[i] * (1 - g[i]) for i in range(n)]
        info = mp.matrix(m, m)
        for r in range(m):
            for s in range(m):
                info[r, s] = mp.fsum(v[i] * Z[i][r] * Z[i][s] for i in range(n))
        inverse = info**-1
        score = mp.matrix(m, 1)
        for i in range(n):
            z = mp.matrix(Z[i])
            pull = w[i] * (int(y[i]) - g[i]) + v[i] * (z.T * inverse * z)[0] * (mp.mpf(1) / 2 - g[i])
            score += pull * z
        value = mp.fsum(w[i] * mp.log(g[i] if y[i] else 1 - g[i]) for i in range(n))
        return score, inverse, value + mp.log(mp.det(info)) / 2

    with mp.workdps(50):
        b, h = [mp.mpf(float(v)) for v in firth(X, y, sample_weight=weight, offset=offset).beta[0]], mp.mpf(10) ** -20
        for _ in range(4):  # near, it converges like Newton's method; far from it would fail the comparison
            score, inverse, value = look(b)
            slope = mp.matrix(m, m)
            for k in range(m):
                slope[:, k] = (look([*b[:k], b[k] + h, *b[k + 1 :]])[0] - score) / h
            step = mp.lu_solve(slope, -score)
            b = [v + s for v, s in zip(b, step, strict=True)]
        assert mp.norm(step) < mp.mpf(10) ** -25
        se = [mp.sqrt(inverse[k, k]) for k in range(m)]
        return np.array(b, dtype=float), np.array(se, dtype=float), float(value)


SMALL = {
    "overlapping": generate(30, 3, 1),
    "weights and offset": generate(25, 2, 3, weighted=True),
    "scaled": generate(30, 2, 4, scales=(1e-4, 1e4), centre=5.0),
    "few positives": generate(60, 1, 5, base=-3.0),
}


@pytest.mark.parametrize("name", SMALL)
def test_50_digits_agree(name):
    problem = SMALL[name]
    truth, se, value = by_hand(problem.X, problem.y, problem.weight, problem.offset)
    found = fit(problem.source, bias_reduction="firth")
    np.testing.assert_allclose(found.beta[0], truth, rtol=1e-13)
    np.testing.assert_allclose(infer(found).se, se, rtol=1e-12)
    assert found.penalised_log_likelihood == pytest.approx(value, rel=1e-13)


RNG = np.random.default_rng(2)
HARD = {  # X, offset, and the relative errors that are left in coefficients and in standard errors
    "separated": (RNG.standard_normal((20, 2)), 0.0, 1e-13, 1e-12),
    "large offsets": (RNG.standard_normal((20, 2)), 10.0 * RNG.standard_normal(20), 1e-12, 1e-11),
    "nearly collinear": (RNG.standard_normal((20, 1)) + [0, 1e-4] * RNG.standard_normal((20, 2)), 0.0, 1e-11, 1e-10),
    "as many columns as rows but one": (RNG.standard_normal((5, 3)), 0.0, 1e-12, 1e-11),
}


@pytest.mark.parametrize("name", HARD)
def test_50_digits_agree_where_classes_are_separated(name):
    X, offset, digits, of_errors = HARD[name]
    y, offset = (X[:, 0] > 0.2).astype(int), offset + np.zeros(len(X))
    truth, se, value = by_hand(X, y, offset=offset)
    found = firth(X, y, offset=offset)
    assert found.status is Status.CONVERGED
    np.testing.assert_allclose(found.beta[0], truth, rtol=digits)
    np.testing.assert_allclose(infer(found).se, se, rtol=of_errors)
    assert found.penalised_log_likelihood == pytest.approx(value, rel=10 * digits)


def test_random_problems_converge():
    """Separated, weighted, of large offsets, nearly as many columns as rows."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(4, 40))
        X = rng.standard_normal((n, int(rng.integers(1, min(n - 1, 10))))) * 10.0 ** rng.uniform(-3, 3)
        y = X[:, 0] > rng.normal() * np.median(np.abs(X[:, 0])) if seed % 2 else rng.random(n) < 0.5
        y[0], y[1] = True, False
        told = {"sample_weight": rng.integers(1, 4, n)} if seed % 3 else {"offset": 5.0 * rng.standard_normal(n)}
        found = firth(X, y, intercept=bool(seed % 5), **told)
        assert found.status is Status.CONVERGED
        assert found.certificate.standard_errors < 1e-9


@pytest.mark.parametrize("counts", [(5, 7, 3, 9), (5, 7, 0, 9), (4, 0, 0, 6), (0, 3, 1, 0), (1000, 1, 0, 5)])
def test_a_table_of_two_by_two_gets_half_a_row_in_every_cell(counts):
    X, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0, 1, 0, 1])
    a, b, c, d = np.array(counts) + 0.5
    for found in (
        firth(X, y, sample_weight=counts),
        firth(np.repeat(X, counts, axis=0), np.repeat(y, counts)),
    ):
        truth = [np.log(b / a), np.log(d / c) - np.log(b / a)]
        np.testing.assert_allclose(found.beta[0], truth, rtol=1e-13, atol=1e-14)


def test_an_intercept_alone_is_the_log_odds_of_half_a_row_more():
    found = fit(as_source(np.empty((12, 0)), np.arange(12) < 3), bias_reduction="firth")
    assert found.beta[0, 0] == pytest.approx(np.log(3.5 / 9.5), rel=1e-14)


WEIGHTED = PROBLEMS["weighted"]
BASE = fit(WEIGHTED.source, bias_reduction="firth")


def close(found, truth=None, se=True):
    np.testing.assert_allclose(found.beta, BASE.beta if truth is None else truth, rtol=1e-11)
    if se:
        np.testing.assert_allclose(infer(found).se, infer(BASE).se, rtol=1e-10)
        assert found.penalised_log_likelihood == pytest.approx(BASE.penalised_log_likelihood, rel=1e-13)


def test_row_order_and_repetition():
    X, y, w, o = WEIGHTED.X, WEIGHTED.y, WEIGHTED.weight, WEIGHTED.offset
    order = np.random.default_rng(0).permutation(len(y))
    close(firth(X[order], y[order], sample_weight=w[order], offset=o[order]))
    close(firth(*(np.repeat(v, w.astype(int), axis=0) for v in (X, y)), offset=np.repeat(o, w.astype(int))))
    nothing = np.insert(w, 7, 0.0)
    close(firth(np.insert(X, 7, 99.0, axis=0), np.insert(y, 7, 1), sample_weight=nothing, offset=np.insert(o, 7, 3.0)))


def test_labels_swapped_and_the_offset_shifted():
    X, y, w, o = WEIGHTED.X, WEIGHTED.y, WEIGHTED.weight, WEIGHTED.offset
    close(firth(X, 1 - y, sample_weight=w, offset=-o), -BASE.beta)
    moved = firth(X, y, sample_weight=w, offset=o + 5.0)
    np.testing.assert_allclose(moved.beta[0] + [5.0, 0, 0, 0, 0, 0], BASE.beta[0], rtol=1e-11)


def test_units_change_coefficients_and_the_penalised_likelihood_alike():
    X, y, w, o = WEIGHTED.X, WEIGHTED.y, WEIGHTED.weight, WEIGHTED.offset
    scale, shift = np.logspace(-4, 4, 5), np.linspace(-50, 50, 5)
    found = firth(X * scale + shift * scale, y, sample_weight=w, offset=o)
    np.testing.assert_allclose(found.beta[0, 1:] * scale, BASE.beta[0, 1:], rtol=1e-10)
    np.testing.assert_allclose(infer(found).se[1:] * scale, infer(BASE).se[1:], rtol=1e-10)
    gained = np.log(scale).sum()  # of log |I| / 2
    assert found.penalised_log_likelihood == pytest.approx(BASE.penalised_log_likelihood + gained, rel=1e-12)
    assert Likelihood.of(found).log_likelihood == pytest.approx(Likelihood.of(BASE).log_likelihood, rel=1e-11)


@pytest.mark.parametrize("intercept", [True, False])
def test_sparse_and_codes_are_as_dense(intercept):
    rng = np.random.default_rng(1)
    level = rng.integers(0, 4, 300)
    age = rng.standard_normal(300)
    y = rng.random(300) < 1 / (1 + np.exp(1 - age - 0.5 * level))
    names = np.array(["a", "b", "c", "d"])
    X = np.column_stack([age, *((level == k).astype(float) for k in range(4) if k != np.bincount(level).argmax())])
    dense = firth(X, y, intercept=intercept)
    sparse = firth(sp.csr_array(X), y, intercept=intercept)
    import pyarrow as pa

    table = pa.table({"age": age, "ward": names[level], "y": y})
    codes = fit(read(table, target="y"), bias_reduction="firth", intercept=intercept)
    for other in (sparse, codes):
        np.testing.assert_allclose(other.beta, dense.beta, rtol=1e-10)
        np.testing.assert_allclose(infer(other).se, infer(dense).se, rtol=1e-10)


def test_any_cutting_of_the_rows(monkeypatch):
    from oddsmith.sources import memory

    problem = generate(5000, 4, 7)
    whole = fit(problem.source, bias_reduction="firth")
    monkeypatch.setattr(memory, "BLOCK_ENTRIES", 1)
    assert len(list(problem.source.blocks())) == 5
    cut = fit(problem.source, bias_reduction="firth")
    np.testing.assert_allclose(cut.beta, whole.beta, rtol=1e-12)
    assert cut.penalised_log_likelihood == pytest.approx(whole.penalised_log_likelihood, rel=1e-13)


def test_memory_beyond_x_is_a_few_vectors():
    import tracemalloc

    problem = generate(3000, 30, 14)
    X, y = np.tile(problem.X, (50, 1)), np.tile(problem.y, 50)
    firth(X[:500], y[:500])  # imports
    tracemalloc.start()
    firth(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * 8 * len(X) + (1 << 23) < X.nbytes


def test_it_shrinks_and_tends_to_maximum_likelihood():
    problem = generate(400, 3, 8)
    plain, reduced = fit(problem.source), fit(problem.source, bias_reduction="firth")
    assert np.linalg.norm(reduced.beta[0, 1:]) < np.linalg.norm(plain.beta[0, 1:])
    copies = np.full(400, 1e6)
    many = firth(problem.X, problem.y, sample_weight=copies)
    np.testing.assert_allclose(many.beta, plain.beta, rtol=1e-4)
    np.testing.assert_allclose((plain.beta - many.beta) * 1e6, plain.beta - reduced.beta, rtol=0.1)


def test_bias_of_small_samples_is_removed():
    """Of the mean over all outcomes of 8 rows, weighted by their probabilities: the exact bias."""
    X = np.array([[-1.0], [-1.0], [-1.0], [-1.0], [1.0], [1.0], [1.0], [1.0]])
    truth = np.array([0.0, 0.4])
    probability = 1 / (1 + np.exp(-np.array([-0.4, 0.4])))
    mean = np.zeros(2)
    for one in range(5):
        for other in range(5):
            share = np.prod(
                [mp.binomial(4, k) * p**k * (1 - p) ** (4 - k) for k, p in zip((one, other), probability, strict=True)]
            )
            if (one, other) in ((0, 0), (4, 4)):
                beta = np.array([np.log(0.5 / 4.5), 0.0]) * (1 if one == 0 else -1)  # one class: the same formula
            else:
                y = [1] * one + [0] * (4 - one) + [1] * other + [0] * (4 - other)
                beta = firth(X, np.array(y)).beta[0]
            mean += float(share) * beta
    assert np.abs(mean - truth).max() < 0.02


def test_collinear_columns_are_dropped_first():
    X = np.column_stack([WEIGHTED.X, 2 * WEIGHTED.X[:, 0] + 1, np.full(400, 3.0)])
    with pytest.warns(ColumnWarning, match=r"x5 = 1 \+ 2\*x0, x6 = 3"):
        found = firth(X, WEIGHTED.y, sample_weight=WEIGHTED.weight, offset=WEIGHTED.offset)
    np.testing.assert_allclose(found.beta[0, :6], BASE.beta[0], rtol=1e-11)
    assert not found.beta[0, 6:].any()
    assert found.penalised_log_likelihood == pytest.approx(BASE.penalised_log_likelihood, rel=1e-13)
    assert Likelihood.of(found).log_likelihood == pytest.approx(Likelihood.of(BASE).log_likelihood, rel=1e-13)
    np.testing.assert_allclose(infer(found).se[:6], infer(BASE).se, rtol=1e-10)


def test_columns_too_close_are_refused():
    X = np.column_stack([WEIGHTED.X, WEIGHTED.X[:, 0] + 1e-9 * WEIGHTED.X[:, 1] ** 2])
    with pytest.raises(DataError, match="too nearly collinear for Firth"):
        firth(X, WEIGHTED.y)


def test_the_certificate_says_estimated_and_the_estimate_holds():
    assert BASE.certificate.kind == "estimated"
    assert BASE.certificate.optimum_exists
    assert BASE.certificate.suboptimality < 1e-20
    for tol in (1e-2, 1e-4, 1e-8):
        rough = fit(WEIGHTED.source, bias_reduction="firth", tol=tol)
        assert rough.status is Status.CONVERGED
        assert rough.passes <= BASE.passes
        likelihood = -Likelihood.of(BASE).log_likelihood
        gap = (BASE.penalised_log_likelihood - rough.penalised_log_likelihood) / likelihood
        assert -1e-14 <= gap <= tol
        assert gap <= 3 * rough.certificate.suboptimality + 1e-14


@pytest.mark.filterwarnings("ignore::oddsmith.errors.ConvergenceWarning")
def test_the_limit_of_passes_is_kept_and_told():
    for limit in (1, 2, 5, 9):
        found = fit(WEIGHTED.source, bias_reduction="firth", max_passes=limit)
        assert found.status is Status.PASS_LIMIT
        assert found.passes <= limit + 3
    warm = fit(WEIGHTED.source, bias_reduction="firth", start=BASE.beta)
    close(warm)
    assert warm.passes < BASE.passes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bias_reduction": "jeffreys"}, "bias_reduction is not known: 'jeffreys'"),
        ({"bias_reduction": "firth", "penalty": L2(0.1)}, "a penalty of its own: ridge beside it"),
        ({"bias_reduction": "firth", "solver": "newton"}, "a solver of its own: newton"),
    ],
)
def test_what_has_no_meaning(options, message):
    with pytest.raises(SpecificationError, match=message):
        fit(WEIGHTED.source, **options)


def test_more_than_two_classes_are_refused_with_advice():
    source = as_source(WEIGHTED.X, np.arange(400) % 3)
    with pytest.raises(
        SpecificationError, match=r"for two classes: 3 classes. Fit two classes at a time, or add a rid"
    ):
        fit(source, bias_reduction="firth")


def test_every_face_gives_the_same(tmp_path):
    X, y, w, o = WEIGHTED.X, WEIGHTED.y, WEIGHTED.weight, WEIGHTED.offset
    model = LogisticRegression(C=np.inf, bias_reduction="firth").fit(X, y, sample_weight=w, offset=o)
    np.testing.assert_array_equal(model.coef_, BASE.beta[:, 1:])
    with pytest.raises(SpecificationError, match=r"a penalty of its own: C=1.0. Use C=np.inf"):
        LogisticRegression(bias_reduction="firth").fit(X, y)
    with pytest.raises(SpecificationError, match="a solver of its own: gradient_descent"):
        LogisticRegression(C=np.inf, bias_reduction="firth", solver="gd").fit(X, y)
    data = {"y": y, "x0": X[:, 0], "x1": X[:, 1], "w": w, "o": o}
    result = logit("y ~ x0 + x1", data, weights="w", offset="o", bias_reduction="firth")
    found = firth(X[:, :2], y, sample_weight=w, offset=o)
    np.testing.assert_allclose(result.fit.beta, found.beta, rtol=1e-12)
    assert result.penalised_log_likelihood == found.penalised_log_likelihood
    assert result.predict(interval=0.9).low.between(0, 1).all()
    save(BASE, tmp_path / "m.json")
    again = load(tmp_path / "m.json").fit
    assert again.bias_reduction == "firth"
    assert again.penalised_log_likelihood == BASE.penalised_log_likelihood
    assert summarise(again).penalty == summarise(BASE).penalty == "Jeffreys' prior (Firth's bias reduction)"
    assert f"penalised log-likelihood {BASE.penalised_log_likelihood:.6g}" in str(summarise(again))


def test_likelihoods_of_two_models_are_not_compared():
    smaller = firth(WEIGHTED.X[:, :3], WEIGHTED.y)
    larger = firth(WEIGHTED.X, WEIGHTED.y)
    plain = fit(as_source(WEIGHTED.X, WEIGHTED.y))
    for other in (larger, plain):
        with pytest.raises(SpecificationError, match=r"cannot be compared: .*units of the columns. Use wald_test"):
            lr_test(smaller, other)
    with pytest.raises(SpecificationError, match="AIC holds at a maximum of the likelihood alone: .*Firth"):
        _ = Likelihood.of(larger).aic
    assert summarise(larger).likelihood is None
    assert summarise(larger).null_test is None
