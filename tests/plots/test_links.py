import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

import oddsmith
from oddsmith import plots
from oddsmith.errors import SpecificationError
from oddsmith.scratch import LogisticRegression
from tests.problems import generate

PLAIN = generate(200, 3, 11)


def curve(ax, k=0):
    return ax.lines[k].get_xydata().T


def test_the_curve_is_the_sigmoid():
    z, p = curve(plots.sigmoid())
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-z)), rtol=1e-14)
    assert (z[0], z[-1]) == (-6, 6)


def test_each_link_is_itself_and_named():
    ax = plots.sigmoid(links=("logit", "probit", "cloglog"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["logit", "probit", "cloglog"]
    (z, logit), (_, probit), (_, cloglog) = (curve(ax, k) for k in range(3))
    np.testing.assert_allclose(logit, 1 / (1 + np.exp(-z)), rtol=1e-14)
    np.testing.assert_allclose(probit, ndtr(z), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(cloglog, 1 - np.exp(-np.exp(z)), rtol=1e-9)


@pytest.mark.parametrize("maker", [lambda: LogisticRegression(0.1, 500), oddsmith.LogisticRegression])
def test_one_column_is_drawn_over_that_column_as_the_model_says(maker):
    X, y = PLAIN.X[:, :1], PLAIN.y
    model = maker().fit(X, y)
    ax = plots.sigmoid(model, X, y)
    x, p = curve(ax)
    assert x[0] < X.min() < X.max() < x[-1]
    np.testing.assert_allclose(p, model.predict_proba(x[:, None])[:, 1], rtol=1e-9)
    zeros, ones = (collection.get_offsets() for collection in ax.collections)
    assert sorted(zeros[:, 0]) == sorted(X[y == 0, 0])
    assert sorted(ones[:, 0]) == sorted(X[y == 1, 0])
    assert set(zeros[:, 1]) == {0.0}
    assert set(ones[:, 1]) == {1.0}


def test_more_columns_are_drawn_over_the_score():
    labels = np.where(PLAIN.y == 1, "yes", "no")
    model = oddsmith.LogisticRegression().fit(PLAIN.X, labels)
    ax = plots.sigmoid(model, PLAIN.X, labels)
    score = model.decision_function(PLAIN.X)
    _, yes = (collection.get_offsets() for collection in ax.collections)
    np.testing.assert_allclose(sorted(yes[:, 0]), sorted(score[PLAIN.y == 1]))
    z, p = curve(ax)
    assert z[0] <= score.min()
    assert z[-1] >= score.max()
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-z)), rtol=1e-14)
    assert ax.get_ylabel() == "probability of yes"


def test_a_frames_column_gives_its_name():
    X = pd.DataFrame({"size": PLAIN.X[:, 0]})
    model = oddsmith.LogisticRegression().fit(X, PLAIN.y)
    assert plots.sigmoid(model, X).get_xlabel() == "size"


def test_it_draws_where_it_is_told():
    ax = plots.sigmoid()
    assert plots.sigmoid(links=["probit"], ax=ax) is ax
    assert len([line for line in ax.lines if len(line.get_xdata()) > 2]) == 2


def test_what_makes_no_sense_is_refused():
    with pytest.raises(SpecificationError, match="cauchit"):
        plots.sigmoid(links=["cauchit"])
    with pytest.raises(SpecificationError, match="X is missing"):
        plots.sigmoid(LogisticRegression().fit(PLAIN.X, PLAIN.y))
