import numpy as np
import pandas as pd
import pytest
from matplotlib.contour import QuadContourSet
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris, make_moons
from sklearn.linear_model import LogisticRegression as Sklearn
from sklearn.linear_model import Perceptron
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

import oddsmith
from oddsmith import plots
from oddsmith.errors import DataError, SpecificationError
from oddsmith.scratch import LogisticRegression
from tests.problems import generate

PLAIN = generate(200, 4, 14)
MOONS, MOON = make_moons(150, noise=0.2, random_state=0)
IRIS = load_iris()


def boundary(ax) -> np.ndarray:
    """Points on the lines where the prediction changes."""
    lines = [c for c in ax.collections if isinstance(c, QuadContourSet) and not c.filled]
    points = np.concatenate([path.vertices for line in lines for path in line.get_paths()])
    assert len(points) > 20
    return points


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(0.5, 500),
        oddsmith.LogisticRegression(),
        Sklearn(),
        GaussianNB(),
        make_pipeline(PolynomialFeatures(3), StandardScaler(), oddsmith.LogisticRegression()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_the_line_is_where_the_probability_is_one_half(model):
    model.fit(MOONS, MOON)
    ax = plots.decision_boundary(model, MOONS, MOON)
    np.testing.assert_allclose(model.predict_proba(boundary(ax))[:, 1], 0.5, atol=2e-3)


def test_the_line_of_a_linear_model_is_exact():
    model = oddsmith.LogisticRegression(C=np.inf).fit(MOONS, MOON)
    points = boundary(plots.decision_boundary(model, MOONS))
    np.testing.assert_allclose(model.decision_function(points), 0.0, atol=1e-9)


def test_a_fit_will_do():
    fit = oddsmith.fit(oddsmith.as_source(MOONS, MOON))
    model = oddsmith.LogisticRegression(C=np.inf).fit(MOONS, MOON)
    points = boundary(plots.decision_boundary(fit, MOONS, MOON))
    np.testing.assert_allclose(model.decision_function(points), 0.0, atol=1e-6)


def test_the_colours_are_the_probability():
    model = Sklearn().fit(MOONS, MOON)
    ax = plots.decision_boundary(model, MOONS)
    (bands,) = (c for c in ax.collections if isinstance(c, QuadContourSet) and c.filled)
    for low, path in zip(bands.levels, bands.get_paths(), strict=False):
        p = model.predict_proba(path.vertices)[:, 1]
        assert np.all((low - 5e-3 <= p) & (p <= low + 0.1 + 5e-3))
    assert ax.figure.axes[1].get_ylabel() == "probability of y = 1"


def test_rows_are_drawn_by_their_class():
    labels = np.where(MOON == 1, "upper", "lower")
    ax = plots.decision_boundary(oddsmith.LogisticRegression().fit(MOONS, labels), MOONS, labels)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["lower", "upper"]
    clouds = [c for c in ax.collections if c.get_label() in ("lower", "upper")]
    for cloud in clouds:
        assert cloud.get_offsets().tolist() == MOONS[labels == cloud.get_label()].tolist()
    assert len({tuple(cloud.get_facecolor()[0]) for cloud in clouds}) == 2
    assert clouds[0].get_paths()[0].vertices.tolist() != clouds[1].get_paths()[0].vertices.tolist()


@pytest.mark.parametrize(
    "model",
    [Sklearn(max_iter=1000), GaussianNB(), oddsmith.LogisticRegression()],
    ids=["scikit-learn", "naive-bayes", "oddsmith"],
)
def test_between_several_classes_lines_are_where_the_first_two_tie(model):
    X, y = IRIS.data[:, 2:], IRIS.target_names[IRIS.target]
    model.fit(X, y)
    ax = plots.decision_boundary(model, X, y)
    best = np.sort(model.predict_proba(boundary(ax)), axis=1)
    np.testing.assert_allclose(best[:, -1], best[:, -2], atol=0.02)


def test_a_fit_of_several_classes_will_do():
    X, y = IRIS.data[:, 2:], IRIS.target_names[IRIS.target]
    fit = oddsmith.fit(oddsmith.as_source(X, y), penalty=oddsmith.L2(0.01))
    best = np.sort(oddsmith.Model(fit).predict_proba(boundary(plots.decision_boundary(fit, X, y))), axis=1)
    np.testing.assert_allclose(best[:, -1], best[:, -2], atol=0.02)


def test_a_regions_colour_is_that_of_the_class_predicted_there():
    X, y = IRIS.data[:, 2:], IRIS.target
    model = Sklearn(max_iter=1000).fit(X, y)
    ax = plots.decision_boundary(model, X, y)
    (image,) = ax.images
    pixels = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    clouds = {int(c.get_label()[-1]): c.get_facecolor()[0, :3] for c in ax.collections if c.get_label()[:3] == "y ="}
    for i, j in np.random.default_rng(0).integers(0, len(pixels), (60, 2)):
        x0 = left + (j + 0.5) * (right - left) / pixels.shape[1]
        x1 = bottom + (i + 0.5) * (top - bottom) / pixels.shape[0]
        probability = model.predict_proba([[x0, x1]])[0]
        paint, pure = 1 - pixels[i, j], 1 - clouds[probability.argmax()]
        np.testing.assert_allclose(paint / paint.max(), pure / pure.max(), atol=1e-6)
        assert paint.max() == pytest.approx(0.5 * probability.max() ** 2 * pure.max(), rel=1e-6)


class Answers:
    """A model that gives answers and nothing else."""

    def fit(self, X, y):
        self.predict = GaussianNB().fit(X, y).predict


@pytest.mark.parametrize("model", [Perceptron(), Answers()], ids=lambda model: type(model).__name__)
def test_a_model_without_probabilities_will_do(model):
    model.fit(MOONS, MOON)
    points = boundary(plots.decision_boundary(model, MOONS, MOON))
    step = 0.02 * MOONS.std(axis=0)
    around = [model.predict(points + step * shift) for shift in ([2, 0], [-2, 0], [0, 2], [0, -2])]
    assert np.all(np.ptp(around, axis=0) == 1)  # on its two sides, two answers


def test_other_columns_are_held_at_their_means():
    model = oddsmith.LogisticRegression().fit(PLAIN.X, PLAIN.y)
    ax = plots.decision_boundary(model, PLAIN.X, PLAIN.y, columns=(3, 1))
    rows = np.tile(PLAIN.X.mean(axis=0), (len(boundary(ax)), 1))
    rows[:, [3, 1]] = boundary(ax)
    np.testing.assert_allclose(model.decision_function(rows), 0.0, atol=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_{4}$", "$x_{2}$")
    assert ax.get_title("left") == "2 other columns at their means"


def test_other_columns_are_held_where_one_says():
    frame = pd.DataFrame(PLAIN.X, columns=list("abcd"))
    model = oddsmith.LogisticRegression().fit(frame, PLAIN.y)
    ax = plots.decision_boundary(model, frame, columns=("d", "b"), at={"a": 0.5, 2: -0.25})
    points = boundary(ax)
    rows = pd.DataFrame({"a": 0.5, "b": points[:, 1], "c": -0.25, "d": points[:, 0]})
    np.testing.assert_allclose(model.decision_function(rows), 0.0, atol=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("d", "b")
    assert ax.get_title("left") == "a = 0.5, c = -0.25"


def test_text_is_held_where_one_says_and_only_there():
    frame = pd.DataFrame(PLAIN.X[:, :2], columns=["a", "b"]).assign(sex=np.where(PLAIN.X[:, 2] > 0, "f", "m"))
    encode = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
    model = make_pipeline(encode, oddsmith.LogisticRegression()).fit(frame, PLAIN.y)
    points = boundary(plots.decision_boundary(model, frame, at={"sex": "f"}))
    rows = pd.DataFrame({"a": points[:, 0], "b": points[:, 1], "sex": "f"})
    np.testing.assert_allclose(model.decision_function(rows), 0.0, atol=1e-9)
    with pytest.raises(SpecificationError, match="at={'sex'"):
        plots.decision_boundary(model, frame)


def test_a_frame_of_polars_will_do():
    import polars

    frame = polars.DataFrame(PLAIN.X, schema=list("abcd"))
    model = oddsmith.LogisticRegression().fit(frame, PLAIN.y)
    ax = plots.decision_boundary(model, frame, PLAIN.y, columns=("d", "b"))
    array = oddsmith.LogisticRegression().fit(PLAIN.X, PLAIN.y)
    same = plots.decision_boundary(array, PLAIN.X, PLAIN.y, columns=(3, 1))
    np.testing.assert_allclose(boundary(ax), boundary(same), rtol=1e-9)
    assert ax.get_xlabel() == "d"


def test_the_data_stay_as_they_are():
    frame = pd.DataFrame(PLAIN.X, columns=list("abcd"))
    before = frame.copy()
    plots.decision_boundary(oddsmith.LogisticRegression().fit(frame, PLAIN.y), frame, PLAIN.y)
    pd.testing.assert_frame_equal(frame, before)


def test_what_makes_no_sense_is_refused():
    model = oddsmith.LogisticRegression().fit(PLAIN.X, PLAIN.y)
    with pytest.raises(SpecificationError, match="no such column: 4"):
        plots.decision_boundary(model, PLAIN.X, columns=(0, 4))
    with pytest.raises(SpecificationError, match="no such column: 'age'"):
        plots.decision_boundary(model, PLAIN.X, at={"age": 3})
    with pytest.raises(SpecificationError, match="columns must be two"):
        plots.decision_boundary(model, PLAIN.X, columns=(0, 0))
    with pytest.raises(DataError, match="two columns"):
        plots.decision_boundary(model, PLAIN.X[:, :1])
