import json

import numpy as np
import pytest

from oddsmith import L2, fit, score, summarise
from oddsmith.errors import OddsmithWarning
from oddsmith.report import ScoreCard
from oddsmith.sources import as_source
from tests.problems import PROBLEMS

PROBLEM = PROBLEMS["tiny"]


def card():
    p = np.linspace(0.1, 0.9, len(PROBLEM.y))
    return ScoreCard("held-out data (60 rows)", ("0", "1"), score(PROBLEM.y, p), score(PROBLEM.y, p * 0 + 0.4))


def test_it_says_what_the_fit_says():
    result = fit(PROBLEM.source, penalty=L2(0.1))
    summary = summarise(result, target="died", scores=card())
    assert (summary.rows, summary.columns, summary.passes) == (60, 2, result.passes)
    assert summary.penalty == "ridge, alpha 0.1 on the mean loss, raw columns"
    assert summary.classes == ("0", "1")
    assert sum(summary.class_weights) == 60


def test_as_data_it_is_json_with_the_same_numbers():
    result = fit(PROBLEM.source)
    told = json.loads(json.dumps(summarise(result, scores=card()).to_dict(), allow_nan=False))
    assert [row["name"] for row in told["coefficients"]] == ["(Intercept)", "x0", "x1"]
    assert [row["coefficient"] for row in told["coefficients"]] == result.beta[0].tolist()
    assert told["scores"]["model"]["confusion"] == np.array(card().model.confusion).tolist()
    assert told["status"] == "converged"


def test_infinite_numbers_become_null():
    X = np.arange(10.0)[:, None]
    with pytest.warns(OddsmithWarning):
        told = summarise(fit(as_source(X, X[:, 0] > 4))).to_dict()
    assert told["coefficients"][1]["standard_error"] is None
    assert told["runaway"]
    json.dumps(told, allow_nan=False)
