import re

import numpy as np
import pytest

from oddsmith import L2, fit, summarise
from oddsmith.errors import OddsmithWarning
from oddsmith.sources import as_source
from tests.problems import PROBLEMS
from tests.report.test_summary import card

PROBLEM = PROBLEMS["tiny"]


def test_every_coefficient_and_score_is_shown():
    result = fit(PROBLEM.source)
    text = str(summarise(result, target="died", scores=card()))
    assert text.startswith("Logistic regression of died: probability of '1'")
    for name, value in zip(("(Intercept)", "x0", "x1"), result.beta[0], strict=True):
        assert re.search(rf"^{re.escape(name)} +{re.escape(f'{value:.4g}')} ", text, re.M)
    for line in ("Penalty      no penalty", "ROC AUC", "Brier score", "predicted 0  predicted 1", "base rate"):
        assert line in text
    assert "60 rows, 2 columns" in text


def test_columns_line_up():
    lines = str(summarise(fit(PROBLEMS["scaled"].source))).splitlines()
    start = next(k for k, line in enumerate(lines) if "coefficient" in line)
    assert len({len(line) for line in lines[start : start + 10]}) == 1


def test_long_names_are_cut_and_a_penalty_is_never_silent():
    source = as_source(PROBLEM.X, PROBLEM.y, names=["a" * 50, "b"])
    text = str(summarise(fit(source, penalty=L2(0.1), standardize=True)))
    assert "a" * 15 + "…" + "a" * 16 in text  # in the middle: the ends of names tell levels apart
    assert "ridge, alpha 0.1 on the mean loss, standardised columns" in text
    assert "conditional on the penalty" in text


def test_no_nan_and_no_nonsense_where_numbers_are_missing():
    X = np.arange(10.0)[:, None]
    with pytest.warns(OddsmithWarning):
        text = str(summarise(fit(as_source(X, X[:, 0] > 4))))
    assert "nan" not in text
    assert "inf" in text
    assert "Concerned    (Intercept), x0" in text
