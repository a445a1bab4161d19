import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression as Sklearn
from sklearn.multiclass import OneVsRestClassifier

import oddsmith
from oddsmith import plots
from oddsmith.errors import SpecificationError

IRIS = load_iris()
X, Y = IRIS.data[:, :2], IRIS.target_names[IRIS.target]


def test_each_class_has_the_line_of_its_own_model_in_its_own_colour():
    model = OneVsRestClassifier(oddsmith.LogisticRegression()).fit(X, Y)
    ax = plots.one_vs_all(model, X, Y)
    lines = [c for c in ax.collections if isinstance(c, QuadContourSet)]
    clouds = [c for c in ax.collections if c.get_label() in model.classes_]
    assert len(lines) == len(clouds) == 3
    for line, cloud, binary in zip(lines, clouds, model.estimators_, strict=True):
        points = np.concatenate([path.vertices for path in line.get_paths()])
        np.testing.assert_allclose(binary.decision_function(points), 0.0, atol=1e-9)
        assert line.get_edgecolor()[0, :3].tolist() == cloud.get_facecolor()[0, :3].tolist()


def test_a_region_belongs_to_the_class_that_wins():
    model = OneVsRestClassifier(oddsmith.LogisticRegression()).fit(X, Y)
    ax = plots.one_vs_all(model, X, Y)
    (image,) = ax.images
    pixels = np.asarray(image.get_array())
    left, right, bottom, top = image.get_extent()
    colours = [c.get_facecolor()[0, :3] for c in ax.collections if c.get_label() in model.classes_]
    for i, j in np.random.default_rng(0).integers(0, len(pixels), (60, 2)):
        x0 = left + (j + 0.5) * (right - left) / pixels.shape[1]
        x1 = bottom + (i + 0.5) * (top - bottom) / pixels.shape[0]
        h = [binary.predict_proba([[x0, x1]])[0, 1] for binary in model.estimators_]
        paint, pure = 1 - pixels[i, j], 1 - colours[int(np.argmax(h))]
        np.testing.assert_allclose(paint / paint.max(), pure / pure.max(), atol=1e-6)


def test_what_is_not_one_vs_all_is_refused():
    with pytest.raises(SpecificationError, match="not one-vs-all"):
        plots.one_vs_all(Sklearn(max_iter=1000).fit(X, Y), X, Y)
    two = Y != "setosa"
    with pytest.raises(SpecificationError, match="1 binary models for 2 classes"):
        plots.one_vs_all(OneVsRestClassifier(Sklearn()).fit(X[two], Y[two]), X[two], Y[two])
