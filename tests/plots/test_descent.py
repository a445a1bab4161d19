import pytest
from sklearn.linear_model import LogisticRegression as Sklearn

import oddsmith
from oddsmith import plots
from oddsmith.errors import ConvergenceWarning, SpecificationError
from oddsmith.scratch import LogisticRegression
from tests.problems import generate

PLAIN = generate(200, 3, 12)


def drawn(ax):
    return [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in ax.lines]


def test_the_curve_is_the_losses():
    model = LogisticRegression(0.1, 50).fit(PLAIN.X, PLAIN.y)
    assert drawn(plots.loss_curve(model)) == [(list(range(50)), model.losses)]


def test_an_estimators_and_a_fits_losses_are_the_traces():
    estimator = oddsmith.LogisticRegression().fit(PLAIN.X, PLAIN.y)
    assert drawn(plots.loss_curve(estimator))[0][1] == [step.value for step in estimator.trace_]
    with pytest.warns(ConvergenceWarning):
        fit = oddsmith.fit(oddsmith.as_source(PLAIN.X, PLAIN.y), solver=oddsmith.GradientDescent(max_iter=5))
    assert drawn(plots.loss_curve(fit)) == [(list(range(6)), fit.losses)]


def test_curves_on_the_same_axes_are_told_apart():
    ax = None
    for rate in (0.01, 0.1):
        ax = plots.loss_curve(LogisticRegression(rate, 5).fit(PLAIN.X, PLAIN.y), label=f"rate {rate}", ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["rate 0.01", "rate 0.1"]
    assert len({line.get_color() for line in ax.lines}) == 2


def test_a_model_without_losses_is_refused():
    with pytest.raises(SpecificationError, match="keeps no losses"):
        plots.loss_curve(Sklearn().fit(PLAIN.X, PLAIN.y))
