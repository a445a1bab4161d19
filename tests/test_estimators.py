import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.linear_model
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning as SklearnConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from oddsmith import (
    ConvergenceWarning,
    DataError,
    GradientDescent,
    LogisticRegression,
    SeparationWarning,
    SpecificationError,
    load,
)
from oddsmith.estimators import SKLEARN_SOLVERS
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


@parametrize_with_checks([LogisticRegression(), LogisticRegression(C=3.0, class_weight="balanced")])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def reference(**options):
    return sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-14, max_iter=1000, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"C": 0.01},
        {"C": np.inf},
        {"fit_intercept": False},
        {"class_weight": "balanced"},
        {"class_weight": {0: 2.0, 1: 0.5}},
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_scikit_learns_estimator_to_the_last_digits(options, weighted):
    weight = np.random.default_rng(0).integers(1, 4, 500) if weighted else None
    mine = LogisticRegression(**options).fit(PLAIN.X, PLAIN.y, sample_weight=weight)
    theirs = reference(**options).fit(PLAIN.X, PLAIN.y, sample_weight=weight)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, rtol=1e-7)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(mine.predict_proba(PLAIN.X), theirs.predict_proba(PLAIN.X), rtol=1e-6)
    np.testing.assert_allclose(mine.predict_log_proba(PLAIN.X), theirs.predict_log_proba(PLAIN.X), rtol=1e-6)
    np.testing.assert_array_equal(mine.predict(PLAIN.X), theirs.predict(PLAIN.X))
    for name in ("coef_", "intercept_", "classes_", "n_iter_"):
        assert getattr(mine, name).shape == getattr(theirs, name).shape


def test_parameters_and_defaults_are_scikit_learns_but_for_two():
    if not hasattr(sklearn.linear_model.LogisticRegression(), "l1_ratio"):
        pytest.skip("scikit-learn is older than its l1_ratio")
    theirs = sklearn.linear_model.LogisticRegression().get_params()
    mine = LogisticRegression().get_params()
    own = {"n_threads": None, "categories": None, "missing": "error", "unseen": "error"}
    own |= {"bias_reduction": None, "collinear": "min-norm"}
    different = {name for name in theirs if mine.get(name) != theirs[name]}
    if sklearn.__version__ >= "1.8":
        assert different == {"solver", "tol"}
    assert {name: mine[name] for name in mine.keys() - theirs.keys()} == own


@pytest.mark.parametrize("solver", [*SKLEARN_SOLVERS, "auto", "newton", "sketched_newton"])
def test_every_solver_name_leads_to_the_same_optimum(solver):
    found = LogisticRegression(solver=solver).fit(PLAIN.X, PLAIN.y)
    np.testing.assert_allclose(found.coef_, LogisticRegression().fit(PLAIN.X, PLAIN.y).coef_, rtol=1e-12)


@pytest.mark.parametrize("solver", ["gd", "gradient_descent", "scipy-cg", "scipy-bfgs", "scipy-lbfgs"])
def test_slopes_alone_lead_there_too(solver):
    noise = np.random.default_rng(0).gumbel(size=(500, 3))
    trees = np.array(["ash", "birch", "oak"])[(PLAIN.X[:, :3] + noise).argmax(axis=1)]
    for y, options in ((PLAIN.y, {}), (trees, {"max_iter": 1000})):
        found = LogisticRegression(solver=solver, **options).fit(PLAIN.X, y)
        exact = LogisticRegression().fit(PLAIN.X, y)
        np.testing.assert_allclose(found.coef_, exact.coef_, atol=1e-6)
        np.testing.assert_allclose(found.intercept_, exact.intercept_, atol=1e-6)
        assert found.certificate_.kind == "proved"
        assert found.fit_.passes <= found.max_iter + 1  # the last one proves


def test_a_solver_object():
    model = LogisticRegression(solver=GradientDescent(max_iter=5000), max_iter=6000)
    np.testing.assert_allclose(
        clone(model).fit(PLAIN.X, PLAIN.y).coef_, LogisticRegression().fit(PLAIN.X, PLAIN.y).coef_, rtol=1e-6
    )


def test_offsets_move_the_intercept_and_are_needed_again():
    offset = np.full(500, 2.0)
    plain = LogisticRegression().fit(PLAIN.X, PLAIN.y)
    model = LogisticRegression().fit(PLAIN.X, PLAIN.y, offset=offset)
    np.testing.assert_allclose(model.intercept_ + 2.0, plain.intercept_, rtol=1e-9)
    np.testing.assert_allclose(model.decision_function(PLAIN.X, offset=offset), plain.decision_function(PLAIN.X))
    with pytest.raises(SpecificationError, match="fitted with an offset"):
        model.predict(PLAIN.X)


def test_thresholds():
    model = LogisticRegression().fit(PLAIN.X, PLAIN.y)
    p = model.predict_proba(PLAIN.X)[:, 1]
    np.testing.assert_array_equal(model.predict(PLAIN.X, threshold=0.2), (p >= 0.2).astype(int))
    np.testing.assert_array_equal(model.predict(PLAIN.X), (model.decision_function(PLAIN.X) > 0).astype(int))


def test_score_takes_an_offset_and_a_solver_object_its_own_limit():
    problem = PROBLEMS["weighted"]
    model = LogisticRegression().fit(problem.X, problem.y, offset=problem.offset)
    right = model.predict(problem.X, offset=problem.offset) == problem.y
    assert model.score(problem.X, problem.y, offset=problem.offset) == right.mean()
    slow = LogisticRegression(solver=GradientDescent(max_iter=3000)).fit(PLAIN.X, PLAIN.y)
    assert slow.n_iter_[0] > 100


def test_frames_with_numbered_columns_survive_the_model_file(tmp_path):
    frame = pd.DataFrame(PLAIN.X)
    model = LogisticRegression().fit(frame, PLAIN.y)
    model.save(tmp_path / "m.json")
    np.testing.assert_array_equal(load(tmp_path / "m.json").predict(frame), model.predict(frame))


def test_in_pipelines_searches_and_pickles():
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    assert cross_val_score(pipeline, X, y, cv=5).mean() > 0.97
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.01, 1.0]}, cv=3).fit(X, y)
    assert search.best_params_["logisticregression__C"] in (0.01, 1.0)
    model = pipeline.fit(X, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


def test_unscaled_data_converge_without_advice():
    X, y = load_breast_cancer(return_X_y=True)
    model = LogisticRegression().fit(X, y)
    assert model.certificate_.kind == "proved"
    assert model.certificate_.suboptimality < 1e-15


def test_frames_keep_their_names():
    frame = pd.DataFrame(PLAIN.X, columns=list("abcdef"))
    model = LogisticRegression(C=np.inf).fit(frame, PLAIN.y)
    assert model.inference().names == ("(Intercept)", *"abcdef")
    assert "Logistic regression" in str(model.summary())


def test_save_and_load(tmp_path):
    model = LogisticRegression().fit(PLAIN.X, PLAIN.y)
    model.save(tmp_path / "model.json")
    loaded = load(tmp_path / "model.json")
    np.testing.assert_array_equal(loaded.predict_proba(PLAIN.X), model.predict_proba(PLAIN.X))
    np.testing.assert_array_equal(loaded.predict(PLAIN.X, threshold=0.3), model.predict(PLAIN.X, threshold=0.3))


def test_coefficients_that_the_user_sets_are_used_and_saved(tmp_path):
    model = LogisticRegression().fit(PLAIN.X, PLAIN.y)
    model.coef_ = model.coef_ * 0.5
    expected = PLAIN.X @ model.coef_[0] + model.intercept_
    np.testing.assert_allclose(model.decision_function(PLAIN.X), expected, rtol=1e-12)
    model.save(tmp_path / "model.json")
    np.testing.assert_allclose(load(tmp_path / "model.json").decision_function(PLAIN.X), expected, rtol=1e-12)


def test_a_warm_start_saves_steps():
    cold = LogisticRegression(warm_start=True).fit(PLAIN.X, PLAIN.y)
    before = int(cold.n_iter_[0])
    assert int(cold.fit(PLAIN.X, PLAIN.y).n_iter_[0]) < before


def test_sparse_input():
    X = PLAIN.X * (np.abs(PLAIN.X) > 0.7)
    dense, sparse = LogisticRegression().fit(X, PLAIN.y), LogisticRegression().fit(sp.csc_array(X), PLAIN.y)
    np.testing.assert_allclose(sparse.coef_, dense.coef_, rtol=1e-9)
    np.testing.assert_allclose(sparse.predict_proba(sp.csr_array(X)), dense.predict_proba(X), rtol=1e-9)


def test_class_weights_spoil_inference_and_say_so(tmp_path):
    model = LogisticRegression(class_weight="balanced").fit(PLAIN.X, PLAIN.y)
    assert "not valid for inference" in model.inference().note
    model.save(tmp_path / "model.json")
    assert load(tmp_path / "model.json").fit.reweighted


def test_warnings_are_also_scikit_learns():
    with pytest.warns(SklearnConvergenceWarning, match="limit of passes"):
        LogisticRegression(max_iter=2).fit(PLAIN.X, PLAIN.y)
    with pytest.warns(ConvergenceWarning):
        LogisticRegression(max_iter=2).fit(PLAIN.X, PLAIN.y)
    X = np.arange(10.0)[:, None]
    with pytest.warns(SeparationWarning, match="x0"):
        LogisticRegression(C=np.inf).fit(X, X[:, 0] > 4)


@pytest.mark.parametrize("options", [{"l1_ratio": 1.0}, {"l1_ratio": 0.4}, {"l1_ratio": 0.7, "fit_intercept": False}])
@pytest.mark.parametrize("classes", [2, 3])
def test_l1_and_elastic_net_agree_with_saga(options, classes):
    X = PLAIN.X / PLAIN.X.std(axis=0)
    y = PLAIN.y + (X[:, 0] > 1) * (classes - 2)
    mine = LogisticRegression(C=0.1, **options).fit(X, y)
    saga = sklearn.linear_model.LogisticRegression(C=0.1, solver="saga", tol=1e-13, max_iter=100_000, **options)
    theirs = saga.set_params(random_state=0).fit(X, y)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-7)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=1e-7)
    np.testing.assert_array_equal(mine.coef_ == 0.0, np.abs(theirs.coef_) < 1e-9)
    assert mine.certificate_.kind == "proved"
    assert (mine.coef_ == 0.0).any()


@pytest.mark.filterwarnings("ignore:'penalty' is deprecated")
def test_the_deprecated_names_of_penalties_mean_what_they_meant():
    for old, new in (
        ({"penalty": "l1"}, {"l1_ratio": 1}),
        ({"penalty": "elasticnet", "l1_ratio": 0.3}, {"l1_ratio": 0.3}),
        ({"penalty": "l2"}, {}),
    ):
        one, other = (LogisticRegression(C=0.05, **options).fit(PLAIN.X, PLAIN.y) for options in (old, new))
        np.testing.assert_array_equal(one.coef_, other.coef_)


def test_deprecated_arguments_warn_as_in_scikit_learn():
    with pytest.warns(FutureWarning, match="penalty"):
        none = LogisticRegression(penalty=None).fit(PLAIN.X, PLAIN.y)
    np.testing.assert_allclose(none.coef_, LogisticRegression(C=np.inf).fit(PLAIN.X, PLAIN.y).coef_)
    with pytest.warns(FutureWarning, match="n_jobs"):
        LogisticRegression(n_jobs=2).fit(PLAIN.X, PLAIN.y)
    with pytest.raises(TypeError, match=r"multi_class is not an argument any more.*OneVsRestClassifier"):
        LogisticRegression(multi_class="ovr")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"C": 0.0}, "C must be a number > 0"),
        ({"C": "1"}, "C must be a number > 0"),
        ({"l1_ratio": 1.5}, "l1_ratio must be a number from 0 to 1"),
        ({"penalty": "l3"}, "penalty is not known"),
        ({"penalty": "elasticnet", "l1_ratio": None}, "The elastic net needs an l1_ratio"),
        ({"solver": "magic"}, "solver is not known: 'magic'"),
        ({"tol": -1.0}, "tol must be a number > 0"),
        ({"max_iter": 0}, "max_iter must be an integer >= 1"),
        ({"max_iter": "100"}, "max_iter must be an integer >= 1: '100'. That is text: leave out the quotes."),
        ({"max_iter": "100", "solver": GradientDescent()}, "max_iter must be an integer >= 1: '100'"),
        ({"tol": "1e-4"}, "tol must be a number > 0: '1e-4'. That is text"),
        ({"C": "1"}, "C must be a number > 0: '1'. That is text"),
        ({"n_threads": "2"}, "n_threads must be an integer >= 1: '2'. That is text"),
        ({"n_threads": -3}, "n_threads must be an integer >= 1"),
    ],
)
def test_bad_parameters_are_named(options, message):
    with pytest.raises(SpecificationError, match=message):
        LogisticRegression(**options).fit(PLAIN.X, PLAIN.y)


def test_bad_data_are_named():
    X = PLAIN.X.copy()
    X[3, 1] = np.nan
    with pytest.raises(DataError, match=r"Input X contains NaN: first in row 3, column 'x1'"):
        LogisticRegression().fit(X, PLAIN.y)
    with pytest.raises(ValueError, match="1 class|one class"):
        LogisticRegression().fit(PLAIN.X, np.zeros(500))


def test_any_number_of_threads_gives_the_same_bits():
    X, y = np.tile(PLAIN.X, (100, 1)), np.tile(PLAIN.y, 100)
    one, two = (LogisticRegression(n_threads=n).fit(X, y).coef_ for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_an_array_is_no_frame_with_categories():
    frame = pd.DataFrame({"x": PLAIN.X[:, 0], "c": np.where(PLAIN.X[:, 1] > 0, "a", "b")})
    model = LogisticRegression(categories="auto", C=np.inf).fit(frame, PLAIN.y)
    with pytest.raises(DataError, match="The model has categories: a ndarray"):
        model.predict(np.zeros((2, 2)))


def test_gaps_and_new_levels_in_a_frame_do_what_is_asked():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"c": rng.choice(["a", "b"], 60), "x": rng.standard_normal(60)})
    y = rng.integers(0, 2, 60)
    frame.loc[[3, 5], "x"] = None
    with pytest.raises(DataError, match=r"Leave such rows out \(missing='drop'"):
        LogisticRegression(categories="auto").fit(frame, y)
    model = LogisticRegression(categories="auto", missing="drop", unseen="reference").fit(frame, y)
    assert model.fit_.rows == 58
    assert model.predict(frame)[[3, 5]].tolist() == [None, None]
    kept = frame.notna().all(axis=1)
    assert model.score(frame, y) == model.score(frame[kept], y[kept])
    assert np.isfinite(model.predict_proba(frame[kept].assign(c="z"))).all()
    filled = LogisticRegression(categories="auto", missing="impute").fit(frame, y)
    assert "x is missing" in filled.fit_.names
    with pytest.raises(SpecificationError, match="missing is not known"):
        LogisticRegression(categories="auto", missing="omit").fit(frame, y)


def test_text_without_categories_says_how_to_have_them():
    frame = pd.DataFrame({"c": ["a", "b"] * 5, "x": range(10)})
    with pytest.raises(DataError, match=r'could not convert string.*categories="auto"'):
        LogisticRegression().fit(frame, [0, 1] * 5)
    with pytest.raises(DataError, match="X is no data frame: a dict"):
        LogisticRegression(categories="auto").fit({"c": ["a", "b"] * 5}, [0, 1] * 5)


def test_columns_named_by_numbers_are_found_by_name():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({2019: rng.standard_normal(50), 2020: rng.choice(["a", "b"], 50)})
    y = rng.integers(0, 2, 50)
    model = LogisticRegression(categories="auto").fit(frame, y)
    np.testing.assert_array_equal(model.predict_proba(frame[[2020, 2019]]), model.predict_proba(frame))


def test_a_truth_value_given_as_text_is_refused():
    with pytest.raises(SpecificationError, match="fit_intercept must be True or False: 'False'"):
        LogisticRegression(fit_intercept="False").fit(PLAIN.X, PLAIN.y)
