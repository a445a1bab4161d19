import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np

import oddsmith
from oddsmith.plots import base
from tests.problems import generate

PLAIN = generate(100, 3, 15)


def test_the_axes_given_is_used_and_else_a_new_one():
    _, ax = plt.subplots()
    assert base.axes_for(ax) is ax
    assert base.axes_for(None) is not ax


def test_scores_of_two_classes_differ_by_the_log_odds():
    model = oddsmith.LogisticRegression().fit(PLAIN.X, PLAIN.y)

    class Probabilities:
        predict_proba = staticmethod(model.predict_proba)

    class Answers:
        predict = staticmethod(model.predict)

    for kind in (model, model.fit_, Probabilities()):
        both = base.scores(kind, PLAIN.X)
        np.testing.assert_allclose(both[:, 1] - both[:, 0], model.decision_function(PLAIN.X), rtol=1e-9, atol=1e-12)
    assert base.scores(Answers(), PLAIN.X).argmax(axis=1).tolist() == model.predict(PLAIN.X).tolist()
    assert base.probabilities(Answers(), PLAIN.X) is None


def test_a_plane_covers_the_rows_and_a_little_more():
    plane = base.plane_through(PLAIN.X, (0, 2), None, 50)
    assert len(plane.rows) == 2500
    for k, (axis, grid) in enumerate([(0, plane.x), (2, plane.y)]):
        assert grid[0] < PLAIN.X[:, axis].min() < PLAIN.X[:, axis].max() < grid[-1]
        assert plane.points[:, k].tolist() == PLAIN.X[:, axis].tolist()
    x, y = plane.shaped(plane.rows)[7, 11, [0, 2]]
    assert (x, y) == (plane.x[11], plane.y[7])


def test_colours_are_many_and_each_class_has_its_shape_too():
    assert len(set(base.COLOURS)) == len(set(base.MARKERS)) == 10
    assert base.row_style(3)["color"] == base.row_style(13)["color"]


def test_without_matplotlib_it_says_what_to_install():
    code = "import sys; sys.modules['matplotlib'] = None; import oddsmith; oddsmith.plots"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'oddsmith[plot]'" in done.stderr.splitlines()[-1]
