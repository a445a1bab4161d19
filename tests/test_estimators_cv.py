"""LogisticRegressionCV beside scikit-learn's."""

import inspect
import warnings

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from oddsmith import LogisticRegressionCV, SpecificationError, load

QUIET = {"scoring": "neg_log_loss", "use_legacy_attributes": False, "l1_ratios": (0,)}
CANCER, IRIS = (load(return_X_y=True) for load in (load_breast_cancer, load_iris))
ATTRIBUTES = ("C_", "l1_ratio_", "Cs_", "l1_ratios_", "coef_", "intercept_", "scores_", "coefs_paths_", "classes_")


@parametrize_with_checks([LogisticRegressionCV(Cs=2, cv=2, **QUIET)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_parameters_and_defaults_are_scikit_learns():
    ours, theirs = (
        inspect.signature(cls.__init__).parameters
        for cls in (LogisticRegressionCV, sklearn.linear_model.LogisticRegressionCV)
    )
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


def as_arrays(value):
    if isinstance(value, dict):
        return list(value), np.array(list(value.values()))
    return None, np.asarray(value)


def agree(ours, theirs, X, y):
    for name in ATTRIBUTES:
        (keys, one), (others, other) = as_arrays(getattr(ours, name)), as_arrays(getattr(theirs, name))
        assert keys == others, name
        assert one.shape == other.shape, name
        if one.dtype == object or one.dtype.kind in "US":
            assert one.tolist() == other.tolist(), name
        else:
            np.testing.assert_allclose(one, other, atol=1e-6, err_msg=name)
    assert ours.n_iter_.shape == theirs.n_iter_.shape
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), abs=1e-6)


@pytest.mark.parametrize("data", [CANCER, IRIS], ids=["two classes", "three"])
@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("scoring", [None, "neg_log_loss", "accuracy"])
@pytest.mark.parametrize("refit", [True, False])
def test_ridge_agrees_with_scikit_learn(data, legacy, scoring, refit):
    X, y = StandardScaler().fit_transform(data[0]), data[1]
    options = {"Cs": [10.0, 0.1, 1e-3], "scoring": scoring, "use_legacy_attributes": legacy, "refit": refit}
    options |= {"l1_ratios": (0.0,), "cv": 3}
    theirs = sklearn.linear_model.LogisticRegressionCV(solver="newton-cholesky", tol=1e-10, max_iter=500, **options)
    agree(LogisticRegressionCV(tol=1e-9, **options).fit(X, y), theirs.fit(X, y), X, y)


@pytest.mark.slow
def test_the_elastic_net_agrees_with_saga():
    X, y = StandardScaler().fit_transform(CANCER[0])[:, :6], CANCER[1]
    options = {**QUIET, "Cs": [0.02, 0.5], "l1_ratios": [0.3, 1.0], "cv": 3}
    weight = np.random.default_rng(0).integers(1, 3, len(y)).astype(float)
    theirs = sklearn.linear_model.LogisticRegressionCV(solver="saga", tol=1e-10, max_iter=20_000, **options)
    with sklearn.config_context(enable_metadata_routing=False):
        theirs.fit(X, y, sample_weight=weight)
    ours = LogisticRegressionCV(tol=1e-8, **options).fit(X, y, sample_weight=weight)
    agree(ours, theirs, X, y)
    assert (ours.coefs_paths_ == 0.0).any()


def test_class_weights_count_in_fits_and_not_in_scores():
    X, y = StandardScaler().fit_transform(CANCER[0])[:, :5], CANCER[1]
    options = {**QUIET, "Cs": [0.1, 1.0], "cv": 3, "class_weight": "balanced"}
    theirs = sklearn.linear_model.LogisticRegressionCV(solver="newton-cholesky", tol=1e-10, **options).fit(X, y)
    ours = LogisticRegressionCV(tol=1e-9, **options).fit(X, y)
    agree(ours, theirs, X, y)
    assert ours.fit_.reweighted


def test_text_labels_frames_groups_and_scorers_that_know_labels(tmp_path):
    frame = load_breast_cancer(as_frame=True).data.iloc[:, :4]
    labels = np.array(["bad", "good"])[CANCER[1]]
    options = {**QUIET, "Cs": [0.1, 1.0], "scoring": "f1", "cv": GroupKFold(3)}
    model = LogisticRegressionCV(**options).fit(frame, labels, groups=np.arange(len(labels)) // 7)
    assert model.scores_.shape == (3, 1, 2)
    assert (model.scores_ > 0.8).all()
    assert model.certificate_.kind == "proved"
    model.save(tmp_path / "m.json")
    assert load(tmp_path / "m.json").predict(frame).tolist() == model.predict(frame).tolist()
    with pytest.raises(ValueError, match="groups"):
        LogisticRegressionCV(**options).fit(frame, labels)


def test_a_callable_scorer_sees_the_rows_held_out():
    X, y = StandardScaler().fit_transform(IRIS[0]), IRIS[1]
    seen = []

    def scorer(model, rows, labels):
        seen.append(len(rows))
        return float((model.predict(rows) == labels).mean())

    model = LogisticRegressionCV(Cs=[1.0], scoring=scorer, cv=3, l1_ratios=(0,), use_legacy_attributes=False)
    assert model.fit(X, y).score(X, y) > 0.9
    assert seen == [50, 50, 50, 150]


def test_a_search_that_ended_early_is_warned_of():
    """What is chosen by fits without an optimum may be anything."""
    X = StandardScaler().fit_transform(CANCER[0])
    with pytest.warns(ConvergenceWarning, match="of 30 fits to the rows of folds ended before"):
        LogisticRegressionCV(cv=3, max_iter=1, **QUIET).fit(X, CANCER[1])
    model = LogisticRegressionCV(Cs=2, cv=2, tol=1e-300, **QUIET).fit(X, CANCER[1])
    assert model.C_ == LogisticRegressionCV(Cs=2, cv=2, **QUIET).fit(X, CANCER[1]).C_


def test_the_warnings_of_1_9():
    with pytest.warns(FutureWarning) as seen:
        LogisticRegressionCV(Cs=1, cv=2).fit(*IRIS)
    assert {w.filename for w in seen} == {__file__}
    assert {word for w in seen for word in ("scoring", "l1_ratios", "use_legacy") if word in str(w.message)} == {
        "scoring", "l1_ratios", "use_legacy",
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LogisticRegressionCV(Cs=2, cv=2, **QUIET).fit(StandardScaler().fit_transform(IRIS[0]), IRIS[1])
    model = LogisticRegressionCV(Cs=[0.1, 1.0], cv=2, penalty="l1", scoring="accuracy", use_legacy_attributes=False)
    with pytest.warns(FutureWarning, match="penalty"):
        model.fit(StandardScaler().fit_transform(CANCER[0]), CANCER[1])
    assert model.l1_ratio_ == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"Cs": [-1.0]}, "Cs must be"),
        ({"Cs": "x"}, "Cs must be"),
        ({"Cs": 0}, "Cs must be"),
        ({"l1_ratios": [1.5]}, "l1_ratios must be"),
        ({"l1_ratios": "half"}, "l1_ratios must be"),
        ({"tol": 0.0}, "tol must be"),
        ({"max_iter": 0}, "max_iter must be"),
    ],
)
def test_what_has_no_meaning_is_refused_by_name(options, message):
    with pytest.raises(SpecificationError, match=message):
        LogisticRegressionCV(**QUIET | options).fit(*CANCER)
