"""Laws of cross-validation: scores are of rows not seen, weights count, the choices are what they say."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold, PredefinedSplit, TimeSeriesSplit

import oddsmith
from oddsmith import (
    L1,
    L2,
    ConvergenceWarning,
    ElasticNet,
    SpecificationError,
    as_source,
    cross_validate_path,
)
from oddsmith.paths import shared_path
from tests.problems import PROBLEMS, generate, many_classes

PLAIN = PROBLEMS["plain"]
HALVES = [(np.arange(0, 500, 2), np.arange(1, 500, 2)), (np.arange(1, 500, 2), np.arange(0, 500, 2))]
ZEROS = np.flatnonzero(PLAIN.y == 0)
ONE_CLASS = [HALVES[0], (np.setdiff1d(np.arange(500), ZEROS[:50]), ZEROS[:50])]  # fold 1 scores a class alone


@pytest.mark.parametrize("penalty", [L1(), ElasticNet(l1_ratio=0.3), L2()])
@pytest.mark.parametrize("standardize", [True, False])
def test_scores_are_those_of_fits_that_never_saw_the_rows(penalty, standardize):
    found = cross_validate_path(
        PLAIN.source, penalty, folds=HALVES, n_alphas=5, alpha_min_ratio=0.01, standardize=standardize, tol=1e-12
    )
    for k, (train, test) in enumerate(HALVES):
        for i, fit in enumerate(found.paths[0]):
            inside = as_source(PLAIN.X[train], PLAIN.y[train])
            own = oddsmith.fit(inside, penalty=fit.penalty, standardize=standardize)
            eta = PLAIN.X[test] @ own.beta[0, 1:] + own.beta[0, 0]
            expected = 2 * log_loss(PLAIN.y[test], 1 / (1 + np.exp(-eta)))
            assert found.fold_scores[0][k, i] == pytest.approx(expected, rel=1e-5)


def test_a_weight_of_two_is_the_row_twice_in_fits_and_in_scores():
    weight = np.where(np.arange(500) % 3 == 0, 2.0, 1.0)
    twice = np.concatenate([np.arange(500), np.flatnonzero(weight == 2.0)])
    folds = [(np.flatnonzero(np.arange(500) % 2 != k), np.flatnonzero(np.arange(500) % 2 == k)) for k in (0, 1)]
    doubled = [tuple(np.flatnonzero(np.isin(twice, part)) for part in pair) for pair in folds]
    alphas = [0.1, 0.01]
    settings = {"alphas": alphas, "tol": 1e-12}
    source = as_source(PLAIN.X, PLAIN.y, sample_weight=weight)
    for scoring in ("deviance", "roc_auc"):
        one = cross_validate_path(source, folds=folds, scoring=scoring, **settings)
        other = cross_validate_path(
            as_source(PLAIN.X[twice], PLAIN.y[twice]), folds=doubled, scoring=scoring, **settings
        )
        np.testing.assert_allclose(one.fold_scores[0], other.fold_scores[0], rtol=1e-5)
        np.testing.assert_allclose(one.fold_weights, other.fold_weights)
        np.testing.assert_allclose(one.standard_errors[0], other.standard_errors[0], rtol=1e-3)


def test_the_choices():
    found = cross_validate_path(generate(300, 20, 4, signal=2.0).source, L1(), n_alphas=40)
    mean, error = found.scores[0], found.standard_errors[0]
    place = int(mean.argmin())
    assert (found.best.alpha, found.best.score) == (found.paths[0].alphas[place], mean[place])
    simple = found.best_1se
    assert simple.score <= mean[place] + error[place]
    assert (mean[: simple.place[1]] > mean[place] + error[place]).all()
    assert simple.alpha > found.best.alpha
    assert len(simple.fit.kept) <= len(found.best.fit.kept)
    assert found.best.fit is found.paths[0][place]
    for text in (str(found), found.to_text(plain=True)):
        assert "5 folds x" in text
        assert f"{found.best.alpha:.4g}" in text
        assert f"{simple.alpha:.4g}" in text
    assert found.to_text(plain=True).isascii()
    assert list(found.to_frame()) == ["l1_ratio", "alpha", "score", "standard_error", "nonzeros", "explained"]


def test_standard_errors_are_the_textbooks_where_folds_weigh_the_same():
    found = cross_validate_path(PLAIN.source, folds=HALVES, n_alphas=3)
    scores = found.fold_scores[0]
    np.testing.assert_allclose(found.standard_errors[0], scores.std(axis=0, ddof=1) / np.sqrt(2))


def test_any_scorer_by_name():
    found = cross_validate_path(PLAIN.source, folds=HALVES, n_alphas=4, scoring="roc_auc", tol=1e-10)
    train, test = HALVES[0]
    inside = as_source(PLAIN.X[train], PLAIN.y[train])
    own = oddsmith.fit(inside, penalty=found.paths[0][-1].penalty, standardize=True)
    assert found.fold_scores[0][0, -1] == pytest.approx(roc_auc_score(PLAIN.y[test], PLAIN.X[test] @ own.beta[0, 1:]))
    assert not found.smaller_is_better
    assert found.best.score == found.scores[0].max()
    for name in ("accuracy", "neg_log_loss", "f1", "neg_brier_score"):
        assert np.isfinite(cross_validate_path(PLAIN.source, n_alphas=2, scoring=name).scores[0]).all()


def test_the_l1_ratio_is_tuned_too():
    found = cross_validate_path(PLAIN.source, ElasticNet(), l1_ratios=[0.1, 1.0], n_alphas=10)
    assert found.l1_ratios == (0.1, 1.0)
    assert [path.fits[0].penalty.l1_ratio for path in found.paths] == [0.1, 1.0]
    assert found.best.score == min(score.min() for score in found.scores)
    assert found.best_1se.l1_ratio == found.best.l1_ratio
    assert "l1_ratios 0.1, 1" in str(found)


def test_splitters_of_scikit_learn_and_groups():
    groups = np.arange(500) // 10
    for folds in (TimeSeriesSplit(3), GroupKFold(4)):
        found = cross_validate_path(PLAIN.source, folds=folds, groups=groups, n_alphas=3, tol=1e-11)
        pairs = list(folds.split(PLAIN.X, PLAIN.y, groups))
        assert len(found.fold_weights) == len(pairs)
        train, test = pairs[0]
        own = oddsmith.fit(
            as_source(PLAIN.X[train], PLAIN.y[train]), penalty=found.paths[0][-1].penalty, standardize=True
        )
        eta = PLAIN.X[test] @ own.beta[0, 1:] + own.beta[0, 0]
        expected = 2 * log_loss(PLAIN.y[test], 1 / (1 + np.exp(-eta)))
        assert found.fold_scores[0][0, -1] == pytest.approx(expected, rel=1e-5)


def test_many_classes_offsets_and_sparse_rows():
    import scipy.sparse

    several = cross_validate_path(as_source(*many_classes(300, 4, 3)), L1(), folds=3, n_alphas=4)
    assert several.best.score < several.scores[0][0]
    weighted = cross_validate_path(PROBLEMS["weighted"].source, L1(), folds=3, n_alphas=4)
    assert np.isfinite(weighted.scores[0]).all()
    dense = cross_validate_path(PLAIN.source, folds=HALVES, n_alphas=4, tol=1e-12)
    rows = as_source(scipy.sparse.csr_array(PLAIN.X), PLAIN.y)
    sparse = cross_validate_path(rows, folds=HALVES, n_alphas=4, tol=1e-12)
    np.testing.assert_allclose(sparse.scores[0], dense.scores[0], rtol=1e-6)


def test_a_column_without_spread_in_a_fold_has_no_coefficient_there():
    X = PLAIN.X.copy()
    X[:, 0] = 0.0
    X[1:40:2, 0] = 1.0  # rows of the second half alone
    found = cross_validate_path(as_source(X, PLAIN.y), L1(), folds=HALVES, n_alphas=4, tol=1e-12)
    without = as_source(X[HALVES[0][0]][:, 1:], PLAIN.y[HALVES[0][0]])
    own = oddsmith.fit(without, penalty=found.paths[0][-1].penalty, standardize=True)
    eta = X[HALVES[0][1]][:, 1:] @ own.beta[0, 1:] + own.beta[0, 0]
    expected = 2 * log_loss(PLAIN.y[HALVES[0][1]], 1 / (1 + np.exp(-eta)))
    assert found.fold_scores[0][0, -1] == pytest.approx(expected, rel=1e-5)


def test_folds_that_did_not_finish_are_told(monkeypatch):
    monkeypatch.setattr(shared_path, "MOST_RENEWED", 1)
    with pytest.warns(ConvergenceWarning, match="fits to the rows of folds ended before their tolerance was met"):
        cross_validate_path(PLAIN.source, folds=HALVES, n_alphas=3, warn=lambda fit: None)


@pytest.mark.filterwarnings("ignore:Only one class is present")
def test_a_score_that_a_fold_does_not_have_is_refused_by_scorer_and_fold():
    message = "'roc_auc' is not defined for these rows: fold 1 of 0 to 1 has rows of 1 of 2 classes.* Use stratified"
    with pytest.raises(SpecificationError, match=message):
        cross_validate_path(PLAIN.source, folds=ONE_CLASS, n_alphas=2, scoring="roc_auc")


def test_a_scorer_is_told_the_classes_that_a_fold_lacks():
    deviance, loss = (
        cross_validate_path(PLAIN.source, folds=ONE_CLASS, n_alphas=3, scoring=name).fold_scores[0]
        for name in ("deviance", "neg_log_loss")
    )
    np.testing.assert_allclose(loss, -deviance / 2, rtol=1e-12)


@pytest.mark.parametrize("scoring", ["roc_auc", "f1", "precision"])
def test_a_score_of_two_classes_is_refused_by_name_for_three(scoring):
    with pytest.raises(SpecificationError, match=f"scoring='{scoring}' cannot .* fold 0 of 0 to 2, .* 'roc_auc_ovr'"):
        cross_validate_path(as_source(*many_classes(300, 4, 3)), folds=3, n_alphas=2, scoring=scoring)


def test_rows_without_weight_are_no_rows_of_a_fold():
    group = np.arange(500) % 5
    folds = PredefinedSplit(group)
    weightless = as_source(PLAIN.X, PLAIN.y, sample_weight=(group != 3).astype(float))
    with pytest.raises(SpecificationError, match="no rows to score on: fold 3 of 0 to 4, 100 rows of weight 0"):
        cross_validate_path(weightless, folds=folds, n_alphas=2)
    one_fold = as_source(PLAIN.X, PLAIN.y, sample_weight=((group == 3) | (PLAIN.y == 0)).astype(float))
    with pytest.raises(SpecificationError, match="A class has no rows to train on: fold 3 of 0 to 4"):
        cross_validate_path(one_fold, folds=folds, n_alphas=2)


def test_masks_are_as_good_as_row_numbers():
    masks = [tuple(np.isin(np.arange(500), part) for part in pair) for pair in HALVES]
    one, other = (cross_validate_path(PLAIN.source, folds=folds, n_alphas=3) for folds in (HALVES, masks))
    np.testing.assert_array_equal(one.fold_scores[0], other.fold_scores[0])


def test_folds_of_a_class_with_one_row():
    rare = as_source(PLAIN.X, np.arange(500) == 7)
    with pytest.raises(
        SpecificationError, match="rows in the smallest class: 1. Such folds need two rows of every class"
    ):
        cross_validate_path(rare, folds=5)
    with pytest.raises(SpecificationError, match="groups: 1. Such folds need two groups"):
        cross_validate_path(PLAIN.source, groups=np.zeros(500))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scoring": "nonsense"}, "scoring is not known"),
        ({"folds": 1}, "There are no such folds"),
        ({"folds": 1000}, "There are no such folds"),
        ({"folds": "five"}, "cannot be cut into folds"),
        ({"groups": [1, 2]}, "groups must have one entry a row"),
        ({"groups": 7}, "groups must have one entry a row"),
        ({"groups": np.where(np.arange(500) == 9, np.nan, np.arange(500) % 7)}, "groups has gaps: nan in row 9"),
        ({"groups": ["a", None] * 250}, "groups has gaps: None in row 1"),
        ({"l1_ratios": [2.0]}, "l1_ratio must be a number from 0 to 1"),
        ({"l1_ratios": 0.5}, "l1_ratios must be a list of numbers from 0 to 1: 0.5"),
        ({"l1_ratios": []}, r"l1_ratios must be a list of numbers from 0 to 1: \[\]"),
        ({"folds": None}, "cannot be cut into folds: folds=None"),
        ({"folds": "x"}, "cannot be cut into folds: folds='x'"),
        ({"folds": [1, 2]}, r"cannot be cut into folds: folds=\[1, 2\]"),
        ({"folds": []}, "There are no folds"),
        ({"folds": [(np.arange(400), [])]}, "no rows to score on: fold 0 of 0 to 0"),
        ({"folds": [HALVES[0], (np.arange(400), np.arange(400, 600))]}, "row numbers.*500 among the rows to score on"),
        ({"folds": [(np.arange(400), np.arange(-5, 0))]}, "row numbers from 0 to 499.*-5 among the rows to score on"),
        ({"folds": [(np.arange(400.0), np.arange(400, 500))]}, "row numbers from 0 to 499.*float64.*to train on"),
        ({"folds": [(1, 2)]}, "row numbers from 0 to 499"),
        ({"folds": [(np.ones(7, bool), np.arange(400, 500))]}, "row numbers from 0 to 499"),
        ({"folds": [(np.arange(450), np.arange(400, 500))]}, "A row to score on is a row to train on: row 400, fold 0"),
        ({"folds": [([7, *range(450)], np.arange(450, 500))]}, "A row to train on is given twice: row 7, fold 0"),
        ({"folds": [(np.flatnonzero(PLAIN.y == 0), np.arange(5))]}, "A class has no rows to train on"),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(options, message):
    with pytest.raises(SpecificationError, match=message):
        cross_validate_path(PLAIN.source, **{"n_alphas": 2} | options)


def test_a_best_at_the_end_of_its_path_is_told_and_why():
    ends = "The best is the last alpha of its path: "
    short = cross_validate_path(PLAIN.source, alphas=[0.2, 0.1])
    assert short.to_text().endswith(ends + "a smaller one may do better (alpha_min_ratio).")
    assert ends not in cross_validate_path(PLAIN.source, L2(), alphas=[1e-3, 0.0]).to_text()
