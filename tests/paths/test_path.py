"""Laws of a path: certified, equal to cold fits, begun exactly where the first column comes in."""

import numpy as np
import pytest

import oddsmith
from oddsmith import L1, L2, ElasticNet, NoPenalty, SpecificationError, as_source, path
from oddsmith.errors import DataError
from oddsmith.judging.certificate import Certificate
from tests.problems import PROBLEMS, generate, many_classes

PENALTIES = {"lasso": L1(), "elastic net": ElasticNet(l1_ratio=0.4), "ridge": L2()}


def distance(one, other):
    """Between coefficients, in units of standard deviations of the columns."""
    return np.abs((one.beta - other.beta)[:, 1:] * one.axes.spread).max()


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("tol", [None, 1e-15])
def test_every_point_is_the_cold_fit(name, tol):
    source = PROBLEMS["weighted"].source
    found = path(source, PENALTIES[name], n_alphas=12, alpha_min_ratio=1e-3, tol=tol)
    assert len(found) == 12
    for fit in found:
        cold = oddsmith.fit(source, penalty=fit.penalty, standardize=True)
        assert distance(fit, cold) < 1e-7
        assert fit.kept == cold.kept
        assert fit.value == pytest.approx(cold.value, rel=1e-12)


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("tol", [1e-4, 1e-7])
def test_every_point_is_certified_and_the_certificate_holds(name, tol):
    source = generate(400, 30, 5).source
    for fit in path(source, PENALTIES[name], n_alphas=15, tol=tol):
        exact = oddsmith.fit(source, penalty=fit.penalty, standardize=True)
        assert isinstance(fit.certificate, Certificate)
        assert fit.certificate.kind in ("proved", "estimated")
        assert fit.certificate.suboptimality <= tol
        if fit.certificate.kind == "proved":
            assert fit.value - exact.value <= fit.certificate.suboptimality * fit.value + 1e-13
        assert fit.value - exact.value <= tol * fit.value + 1e-13


def test_working_sets_find_what_all_columns_find():
    problem = generate(150, 700, 6)
    for tol in (1e-15, None):
        found = path(problem.source, L1(), n_alphas=8, alpha_min_ratio=0.1, tol=tol)
        cold = [oddsmith.fit(problem.source, penalty=fit.penalty, standardize=True) for fit in found]
        assert max(map(distance, found, cold)) < 1e-6
        assert found.nonzeros[-1] > 20


@pytest.mark.parametrize("ratio", [0.3, 1.0])
@pytest.mark.parametrize("intercept", [True, False])
def test_alpha_max_is_exact_with_weights_offset_and_columns_never_penalised(ratio, intercept):
    source = PROBLEMS["weighted"].source
    factors = np.array([1.0, 0.0, 2.0, 0.5, 1.0])
    found = path(source, ElasticNet(l1_ratio=ratio, factors=factors), n_alphas=2, intercept=intercept)
    assert found.alphas[0] == found.alpha_max
    assert not found[0].beta[0, 1:][factors > 0].any()
    assert found[0].beta[0, 2] != 0.0

    def fit_at(share):
        penalty = ElasticNet(found.alpha_max * share, ratio, factors)
        return oddsmith.fit(source, penalty=penalty, standardize=True, intercept=intercept).beta[0, 1:]

    assert not fit_at(1.0)[factors > 0].any()
    assert np.count_nonzero(fit_at(1.0 - 1e-7)[factors > 0]) == 1


def test_alpha_max_on_raw_columns_and_of_many_classes():
    source = PROBLEMS["scaled"].source
    found = path(source, L1(), n_alphas=2, alpha_min_ratio=1 - 1e-7, tol=None, standardize=False)
    assert found.nonzeros.tolist() == [0, 1]
    several = path(as_source(*many_classes(300, 5, 3)), L1(), n_alphas=2, alpha_min_ratio=1 - 1e-7, tol=None)
    assert several.nonzeros.tolist() == [0, 1]
    assert several.beta.shape == (2, 3, 6)


def test_duplicated_and_constant_columns():
    X = np.column_stack([PROBLEMS["plain"].X, PROBLEMS["plain"].X[:, 0], np.ones(500), np.zeros(500)])
    found = path(as_source(X, PROBLEMS["plain"].y), ElasticNet(), n_alphas=20, tol=1e-13)
    assert not found.beta[:, 0, 8:].any()
    np.testing.assert_allclose(found.beta[:, 0, 1], found.beta[:, 0, 7], atol=1e-4)
    without = path(PROBLEMS["plain"].source, L1(), alphas=found.alphas, tol=1e-12)
    lasso = path(as_source(X, PROBLEMS["plain"].y), L1(), alphas=found.alphas, tol=1e-12)
    values = [fit.value for fit in lasso]
    np.testing.assert_allclose(values, [fit.value for fit in without], rtol=1e-9)


def test_sparse_and_dense_rows_have_one_path():
    import scipy.sparse

    X, y = PROBLEMS["plain"].X * (np.abs(PROBLEMS["plain"].X) > 0.5), PROBLEMS["plain"].y
    one, other = (path(as_source(Z, y), L1(), n_alphas=10, tol=1e-12) for Z in (X, scipy.sparse.csr_array(X)))
    np.testing.assert_allclose(one.beta, other.beta, atol=1e-6)


def test_glmnets_rules_end_a_path_early():
    X = np.random.default_rng(0).standard_normal((200, 3))
    separable = path(as_source(X, X[:, 0] > 0), L1(), alpha_min_ratio=1e-5)
    assert 20 < len(separable) < 100
    assert separable.explained[-1] > 0.999
    assert "more than 99.9%" in separable.ended
    flat = path(PROBLEMS["plain"].source, L1())
    assert len(flat) < 100
    assert "grows by less than" in flat.ended
    assert "Ended early" in str(flat)
    assert len(path(PROBLEMS["plain"].source, L1(), alphas=flat.alpha_max * np.geomspace(1, 1e-4, 100))) == 100


def test_the_grid():
    tall = path(PROBLEMS["plain"].source, n_alphas=5)
    np.testing.assert_allclose(tall.alphas, tall.alpha_max * np.geomspace(1, 1e-4, 5))
    wide = path(generate(40, 60, 3).source, n_alphas=3)
    assert wide.alphas[-1] == pytest.approx(0.01 * wide.alpha_max)
    own = path(PROBLEMS["plain"].source, alphas=[0.01, 0.1])
    assert own.alphas.tolist() == [0.1, 0.01]


def test_deviance_explained_grows_from_zero_and_is_that_of_the_losses():
    problem = PROBLEMS["plain"]
    found = path(problem.source, L1(), n_alphas=20, tol=1e-12)
    assert abs(found.explained[0]) < 1e-12
    assert (np.diff(found.explained) > 0).all()
    eta = problem.X @ found.beta[-1, 0, 1:] + found.beta[-1, 0, 0]
    share = problem.y.mean()
    null = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert found.null_loss == pytest.approx(null, rel=1e-12)
    loss = np.logaddexp(0, np.where(problem.y == 1, -eta, eta)).mean()
    assert found.explained[-1] == pytest.approx(1 - loss / null, rel=1e-9)


def test_the_table():
    found = path(PROBLEMS["plain"].source, n_alphas=6)
    frame = found.to_frame()
    assert list(frame) == ["alpha", "nonzeros", "explained", "gap", "certificate", "passes"]
    assert frame["nonzeros"].tolist() == found.nonzeros.tolist()
    assert found[-1] is found.fits[-1]
    assert found[1:3] == found.fits[1:3]
    assert [fit.penalty.strength for fit in found] == found.alphas.tolist()
    assert "lasso" in str(found)
    assert str(found).count("\n") >= 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": NoPenalty()}, "penalty whose strength can change"),
        ({"n_alphas": 0}, "n_alphas must be an integer"),
        ({"alpha_min_ratio": 1.0}, "alpha_min_ratio must lie between 0 and 1"),
        ({"alphas": [-1.0]}, "alphas must be numbers"),
        ({"alphas": ["a"]}, "alphas must be numbers"),
        ({"alphas": [np.nan]}, "alphas must be numbers"),
        ({"tol": 0}, "tol must be a number > 0"),
        ({"penalty": L1(factors=np.ones(3))}, "factors must have one entry"),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(options, message):
    with pytest.raises(SpecificationError, match=message):
        path(PROBLEMS["plain"].source, **options)


def test_constant_columns_alone_have_no_path():
    with pytest.raises(DataError, match="There is no path"):
        path(as_source(np.ones((6, 2)), [0, 1] * 3))


def test_without_an_intercept_the_first_point_is_proved_to_be_nothing():
    found = path(PROBLEMS["plain"].source, L1(), n_alphas=3, intercept=False)
    assert found.nonzeros[0] == 0
    assert found[0].certificate.kind == "proved"
    assert found[0].certificate.suboptimality == 0.0
