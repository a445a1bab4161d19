import numpy as np
import pytest
from sklearn import metrics

from oddsmith import DataError, SpecificationError, score
from oddsmith.scores import split_rows

TARGET = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
PROBABILITY = np.array([0.1, 0.6, 0.4, 0.8, 0.9])


def test_by_hand():
    found = score(TARGET, PROBABILITY)
    assert found.confusion == ((1, 1), (1, 2))
    assert found.accuracy == pytest.approx(3 / 5)
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found.f1 == pytest.approx(2 / 3)
    assert found.roc_auc == pytest.approx(5 / 6)
    assert found.brier == pytest.approx(np.mean((TARGET - PROBABILITY) ** 2))
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.4, 0.4, 0.8, 0.9]).mean())


def test_weights_are_repeated_rows():
    weight = np.array([1, 2, 3, 1, 2])
    repeated = score(np.repeat(TARGET, weight), np.repeat(PROBABILITY, weight)).to_dict()
    weighted = score(TARGET, PROBABILITY, weight=weight.astype(float)).to_dict()
    for name in set(weighted) - {"rows"}:
        np.testing.assert_allclose(weighted[name], repeated[name], rtol=1e-12, err_msg=name)


def test_the_base_rate_has_nothing_to_say():
    found = score(TARGET, np.full(5, 0.3))
    assert (found.roc_auc, found.precision, found.recall, found.f1) == (0.5, 0.0, 0.0, 0.0)


def test_one_class_has_no_ranking():
    found = score(np.ones(3), np.array([0.2, 0.7, 0.9]))
    assert np.isnan(found.roc_auc)
    assert np.isnan(found.average_precision)
    assert found.recall == pytest.approx(2 / 3)


def test_the_threshold_decides():
    assert score(TARGET, PROBABILITY, threshold=0.85).confusion == ((2, 0), (2, 1))


def test_nothing_to_score():
    with pytest.raises(DataError, match="nothing to score"):
        score(np.zeros(0), np.zeros(0))


def test_splits_are_those_of_scikit_learn():
    from sklearn.model_selection import train_test_split

    target = (np.arange(100) % 3 == 0).astype(float)
    train, test = split_rows(target, 0.25, 7)
    expected = train_test_split(np.arange(100), test_size=0.25, random_state=7, stratify=target)
    np.testing.assert_array_equal(train, np.sort(expected[0]))
    np.testing.assert_array_equal(test, np.sort(expected[1]))


@pytest.mark.parametrize("size", [0.0, 1.0, -0.2, 0.001])
def test_a_split_that_cannot_be_made(size):
    with pytest.raises(SpecificationError):
        split_rows(TARGET, size, 0)


def test_three_classes_are_scored_as_scikit_learn_does():
    rng = np.random.default_rng(8)
    target = rng.integers(0, 3, 90).astype(float)
    probability = rng.dirichlet([1.0, 1.0, 1.0], 90)
    weight = rng.integers(1, 4, 90).astype(float)
    found = score(target, probability, weight=weight)
    decision = probability.argmax(axis=1)
    ranked = {"multi_class": "ovr", "average": "macro", "sample_weight": weight}
    assert found.accuracy == pytest.approx(metrics.accuracy_score(target, decision, sample_weight=weight))
    assert found.f1 == pytest.approx(metrics.f1_score(target, decision, average="macro", sample_weight=weight))
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(target, probability, **ranked))
    assert found.log_loss == pytest.approx(metrics.log_loss(target, probability, sample_weight=weight))
    assert np.array(found.confusion).sum() == weight.sum()
    assert found.threshold is None
    with pytest.raises(SpecificationError, match="A threshold is for two classes"):
        score(target, probability, threshold=0.5)


def test_two_columns_are_as_good_as_one():
    assert score(TARGET, np.column_stack([1 - PROBABILITY, PROBABILITY])) == score(TARGET, PROBABILITY)


@pytest.mark.parametrize("seed", range(20))
def test_scikit_learn_agrees_with_ties_and_weights(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(5, 200))
    target = np.append([0, 1], rng.integers(0, 2, rows - 2)).astype(float)
    probability = np.round(rng.random(rows), int(rng.integers(1, 4)))
    weight = [None, rng.integers(0, 4, rows) + 1e-3][seed % 2]
    found = score(target, probability, weight=weight)
    decision = (probability >= 0.5).astype(int)
    known = {"sample_weight": weight}
    expected = {
        "accuracy": metrics.accuracy_score(target, decision, **known),
        "precision": metrics.precision_score(target, decision, zero_division=0.0, **known),
        "recall": metrics.recall_score(target, decision, **known),
        "f1": metrics.f1_score(target, decision, **known),
        "roc_auc": metrics.roc_auc_score(target, probability, **known),
        "average_precision": metrics.average_precision_score(target, probability, **known),
        "log_loss": metrics.log_loss(target, probability, **known),
        "brier": metrics.brier_score_loss(target, probability, **known),
    }
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-12, abs=1e-14), name
    np.testing.assert_allclose(found.confusion, metrics.confusion_matrix(target, decision, **known))
