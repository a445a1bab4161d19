import numpy as np
import pytest

from oddsmith.design import make_design
from oddsmith.evaluation import evaluate_block
from oddsmith.exact_evaluation import evaluate_block_exactly
from oddsmith.extended import Extended
from oddsmith.factor import Factor
from oddsmith.losses import Logistic, Multinomial
from oddsmith.sources import Block
from tests.contracts.test_design import CENTRE, KINDS, SCALE, X

RNG = np.random.default_rng(5)
WEIGHT, OFFSET = RNG.integers(0, 4, len(X)) / 2.0, RNG.standard_normal(len(X))
LOSSES = {"logistic": Logistic(), "multinomial": Multinomial(4)}


def block(kind, loss):
    design = make_design(KINDS[kind](X)).standardised(CENTRE, SCALE)
    target = np.arange(len(X)) * 7 % len(loss.contrasts) if loss.outputs > 1 else np.arange(len(X)) % 2
    return Block(design, target.astype(float), WEIGHT, OFFSET if loss.outputs == 1 else None)


def point(loss):
    hi = RNG.standard_normal((loss.outputs, 1 + X.shape[1])) * 0.3
    return Extended(hi, hi * 1e-17)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_doubles_see(kind, loss, both_kernels):
    rows, at = block(kind, loss), point(loss)
    full = at.hi if loss.outputs > 1 else at.hi[0]
    plain = evaluate_block(rows, loss=loss, beta=full, order=2, threads=1)
    root = Factor(plain.hessian).half
    seen = evaluate_block_exactly(rows, loss=loss, beta=at, root=root.reshape(*at.hi.shape, -1))
    assert seen.value == pytest.approx(plain.value, rel=1e-13)
    assert seen.weight == plain.weight
    np.testing.assert_allclose(seen.gradient.value.ravel(), plain.gradient, rtol=1e-11, atol=1e-10)
    np.testing.assert_allclose(seen.gram, np.eye(len(root)), atol=1e-10)
    leverage = rows.design.norms(np.concatenate(np.split(root, loss.outputs), axis=1)) if loss.outputs > 1 else None
    leverage = rows.design.norms(root) if leverage is None else leverage
    assert seen.reach == pytest.approx(leverage[WEIGHT > 0].max(), rel=1e-9)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_every_kind_of_rows_gives_the_same_gradient_to_24_digits(loss):
    at, found = point(loss), {}
    root = np.zeros((*at.hi.shape, 1))
    for kind in set(KINDS) - {"float32"}:
        found[kind] = evaluate_block_exactly(block(kind, loss), loss=loss, beta=at, root=root).gradient
    for gradient in found.values():
        assert np.abs((gradient - found["dense"]).value).max() < 1e-22


def test_panels_and_blocks_add_up(monkeypatch):
    loss = Logistic()
    at, rows = point(loss), block("dense", loss)
    root = RNG.standard_normal((*at.hi.shape, 6))
    whole = evaluate_block_exactly(rows, loss=loss, beta=at, root=root)
    monkeypatch.setattr("oddsmith.exact_evaluation.PANEL_ENTRIES", 1)
    parts = evaluate_block_exactly(rows, loss=loss, beta=at, root=root)
    assert np.abs((whole.gradient - parts.gradient).value).max() < 1e-22
    np.testing.assert_allclose(whole.gram, parts.gram, rtol=1e-12)
    twice = (whole + parts).mean()
    np.testing.assert_allclose(twice.gradient.value, whole.mean().gradient.value, rtol=1e-12)
    assert (twice.value, twice.reach) == (pytest.approx(whole.mean().value), whole.reach)
