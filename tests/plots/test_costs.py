import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.contour import QuadContourSet
from sklearn.linear_model import LogisticRegression as Sklearn
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import oddsmith
from oddsmith import plots
from oddsmith.errors import SpecificationError
from oddsmith.scratch import LogisticRegression, log_loss
from tests.problems import generate

PLAIN = generate(150, 3, 13)


def lines(ax):
    """Levels of the contour lines, and the points that each goes through."""
    (contours,) = (c for c in ax.collections if isinstance(c, QuadContourSet) and not c.filled)
    return [(level, path.vertices) for level, path in zip(contours.levels, contours.get_paths(), strict=True)]


def cost_at(X, y, weights, bias):
    return log_loss(y, 1 / (1 + np.exp(-(X @ weights + bias))))


def test_a_contour_goes_where_the_cost_is_its_level():
    X, y = PLAIN.X[:, :1], PLAIN.y
    model = oddsmith.LogisticRegression(C=np.inf).fit(X, y)
    checked = 0
    for level, points in lines(plots.cost_surface(model, X, y, grid_resolution=160)):
        for weight, bias in points[::40]:
            assert cost_at(X, y, [weight], bias) == pytest.approx(level, abs=2e-3)
            checked += 1
    assert checked > 50


def test_other_coefficients_are_held_where_the_model_has_them():
    model = oddsmith.LogisticRegression(C=np.inf).fit(PLAIN.X, PLAIN.y)
    ax = plots.cost_surface(model, PLAIN.X, PLAIN.y, columns=(2, 0), grid_resolution=160)
    for level, points in lines(ax):
        for third, first in points[::60]:
            weights = np.array([first, model.coef_[0, 1], third])
            assert cost_at(PLAIN.X, PLAIN.y, weights, model.intercept_[0]) == pytest.approx(level, abs=2e-3)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight $w_{3}$", "weight $w_{1}$")


def test_the_cross_is_the_model_and_the_line_is_the_path():
    X, y = PLAIN.X[:, :1], PLAIN.y
    model = oddsmith.LogisticRegression(C=np.inf).fit(X, y)
    path = np.array([[0.0, 0.0], [0.3, -3.0], [5.0, 0.2]])
    ax = plots.cost_surface(model, X, y, path=path)
    cross, way = ax.lines
    assert cross.get_xydata().tolist() == [[model.coef_[0, 0], model.intercept_[0]]]
    assert way.get_xydata().tolist() == path.tolist()
    for points in (path, cross.get_xydata()):
        assert np.all(points > [ax.get_xlim()[0], ax.get_ylim()[0]])
        assert np.all(points < [ax.get_xlim()[1], ax.get_ylim()[1]])
    assert ax.get_ylabel() == "intercept $b$"


def test_every_kind_of_model_is_read_alike():
    X, y = PLAIN.X, PLAIN.y
    engine = oddsmith.LogisticRegression(C=np.inf).fit(X, y)
    other = Sklearn(C=np.inf)
    other.classes_, other.coef_, other.intercept_ = engine.classes_, engine.coef_, engine.intercept_
    mine = LogisticRegression()
    mine.weights, mine.bias = engine.coef_[0], engine.intercept_[0]
    pictures = [lines(plots.cost_surface(model, X, y)) for model in (engine, engine.fit_, other, mine)]
    for picture in pictures[1:]:
        for (level, points), (same_level, same_points) in zip(pictures[0], picture, strict=True):
            assert level == pytest.approx(same_level, rel=1e-12)
            np.testing.assert_allclose(points, same_points, rtol=1e-9)


def test_on_three_dimensions_it_is_a_surface_and_the_cost_is_anyones():
    X, y = PLAIN.X[:, :1], PLAIN.y
    model = oddsmith.LogisticRegression(C=np.inf).fit(X, y)
    ax = plt.figure().add_subplot(projection="3d")

    def squared(y, p):
        return np.mean((y - p) ** 2)

    drawn = []
    draw, ax.plot_surface = ax.plot_surface, lambda *args, **kwargs: (drawn.extend(args), draw(*args, **kwargs))
    assert plots.cost_surface(model, X, y, cost=squared, limits=[(-1, 1), (-2, 2)], ax=ax) is ax
    points = np.reshape(drawn, (3, -1)).T
    assert points[:, :2].min(axis=0).tolist() == [-1, -2]
    assert points[:, :2].max(axis=0).tolist() == [1, 2]
    for weight, bias, height in points[::97]:
        assert height == pytest.approx(squared(y, 1 / (1 + np.exp(-(X[:, 0] * weight + bias)))), abs=1e-12)


def test_a_frames_columns_give_their_names():
    X = pd.DataFrame(PLAIN.X, columns=["a", "b", "c"])
    ax = plots.cost_surface(oddsmith.LogisticRegression().fit(X, PLAIN.y), X, PLAIN.y, columns=(1, -1))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight of b", "intercept $b$")


@pytest.mark.parametrize("columns", [(0, 0), (0, 3), (-2, 0), (0,), (0, 1, 2)])
def test_columns_that_are_not_two_of_the_models_are_refused(columns):
    model = oddsmith.LogisticRegression().fit(PLAIN.X, PLAIN.y)
    with pytest.raises(SpecificationError, match="columns must be two"):
        plots.cost_surface(model, PLAIN.X, PLAIN.y, columns=columns)


def test_a_model_without_coefficients_is_refused():
    model = make_pipeline(StandardScaler(), oddsmith.LogisticRegression()).fit(PLAIN.X, PLAIN.y)
    with pytest.raises(SpecificationError, match="last step"):
        plots.cost_surface(model, PLAIN.X, PLAIN.y)
