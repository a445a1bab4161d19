import numpy as np
import pytest

import oddsmith
from oddsmith import ElasticNet, plots
from oddsmith.errors import SpecificationError
from tests.problems import PROBLEMS

FOUND = oddsmith.cross_validate_path(PROBLEMS["plain"].source, ElasticNet(), l1_ratios=[0.2, 1.0], n_alphas=6)


def test_curves_and_choices_are_drawn():
    ax = plots.cross_validation(FOUND)
    lines = {line.get_label(): line for line in ax.lines}
    for ratio, path, score in zip(FOUND.l1_ratios, FOUND.paths, FOUND.scores, strict=True):
        np.testing.assert_allclose(lines[f"l1_ratio {ratio:g}"].get_xdata(), path.alphas)
        np.testing.assert_allclose(lines[f"l1_ratio {ratio:g}"].get_ydata(), score)
    choices = [next(iter(line.get_xdata())) for label, line in lines.items() if "columns" in label]
    assert choices == [FOUND.best.alpha, FOUND.best_1se.alpha]
    assert "deviance" in ax.get_ylabel()


def test_one_alpha_is_a_point():
    ax = plots.cross_validation(oddsmith.cross_validate_path(PROBLEMS["plain"].source, alphas=[0.05]))
    assert [line.get_marker() for line in ax.lines if "mean of" in line.get_label()] == ["o"]
    assert ax.get_xlim()[0] > 0.05 > ax.get_xlim()[1]


def test_what_is_no_cross_validation_is_refused():
    with pytest.raises(SpecificationError, match="draws a CrossValidation"):
        plots.cross_validation(FOUND.paths[0])
