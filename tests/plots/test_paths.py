import numpy as np
import pytest

import oddsmith
from oddsmith import plots
from oddsmith.errors import SpecificationError
from tests.problems import PROBLEMS, many_classes

PATH = oddsmith.path(PROBLEMS["plain"].source, n_alphas=8)


@pytest.mark.parametrize("raw", [True, False])
def test_every_line_is_the_path_of_a_coefficient(raw):
    ax = plots.coefficient_path(PATH, raw=raw)
    lines = {line.get_label(): line for line in ax.lines}
    scale = np.ones(6) if raw else PATH[0].axes.scale
    for j, name in enumerate(PATH.names):
        assert lines[name].get_xdata().tolist() == PATH.alphas.tolist()
        np.testing.assert_allclose(lines[name].get_ydata(), PATH.beta[:, 0, 1 + j] * scale[j])
    assert ax.get_xlim()[0] > ax.get_xlim()[1]
    assert ax.get_xscale() == "log"


def test_only_the_largest_have_names():
    ax = plots.coefficient_path(PATH, label=2)
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    size = np.abs(PATH.beta[-1, 0, 1:] * PATH[0].axes.scale)
    assert named == [PATH.names[j] for j in np.argsort(-size)[:2]]


def test_one_alpha_is_a_point_of_each_column_kept():
    one = oddsmith.path(PROBLEMS["plain"].source, alphas=[0.05])
    kept = one.beta[0, 0, 1:] != 0.0
    assert 0 < kept.sum() < len(kept)
    ax = plots.coefficient_path(one)
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(named) == [name for name, inside in zip(one.names, kept, strict=True) if inside]
    assert {line.get_marker() for line in ax.lines if line.get_label() in named} == {"o"}
    assert ax.get_xlim()[0] > 0.05 > ax.get_xlim()[1]
    empty = oddsmith.path(PROBLEMS["plain"].source, n_alphas=1)
    assert plots.coefficient_path(empty).get_legend() is None


def test_a_class_among_many():
    found = oddsmith.path(oddsmith.as_source(*many_classes(200, 4, 3)), n_alphas=4)
    ax = plots.coefficient_path(found, of=1, raw=True)
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    kept = np.flatnonzero(found.beta[:, 1, 1:].any(axis=0))
    assert sorted(label for label in lines if label in found.names) == [found.names[j] for j in kept]
    for j in kept:
        np.testing.assert_allclose(lines[found.names[j]], found.beta[:, 1, 1 + j])
    assert "y = 1" in ax.get_ylabel()
    with pytest.raises(SpecificationError, match="of must be one"):
        plots.coefficient_path(found, of="x")


def test_what_is_no_path_is_refused():
    with pytest.raises(SpecificationError, match="draws a path"):
        plots.coefficient_path(PATH[0])
