"""One table as CSV, Parquet, pandas, polars and pyarrow: the same bits, fitted, saved and predicted."""

import io

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from oddsmith import L2, LogisticRegression, Model, fit, infer, load, read, save
from oddsmith.sources import read_rows

ROWS = 400


def table():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, ROWS).astype(float),
            "income": np.exp(rng.normal(10, 1, ROWS)),
            "visits": rng.integers(0, 9, ROWS),
            "city": rng.choice(["Oslo", "Paris", "Rome", "São Paulo"], ROWS),
            "member": rng.random(ROWS) < 0.4,
        }
    )
    eta = 0.04 * (frame["age"] - 50) + frame["member"] - (frame["city"] == "Rome")
    frame["bought"] = np.where(rng.random(ROWS) < 1 / (1 + np.exp(-eta)), "yes", "no")
    frame.loc[rng.random(ROWS) < 0.05, "age"] = np.nan
    frame.loc[rng.random(ROWS) < 0.05, "city"] = None
    return frame


FRAME = table()


def forms(frame):
    text, parquet = io.BytesIO(), io.BytesIO()
    frame.to_csv(text, index=False)
    frame.to_parquet(parquet, index=False)
    return {
        "csv": io.BytesIO(text.getvalue()),
        "parquet": io.BytesIO(parquet.getvalue()),
        "pandas": frame,
        "pandas nullable": frame.convert_dtypes(),
        "pandas arrow": frame.convert_dtypes(dtype_backend="pyarrow"),
        "pandas categorical": frame.astype({"city": "category", "bought": "category"}),
        "pandas shuffled index": frame.set_axis(np.arange(ROWS)[::-1]),
        "polars": pl.from_pandas(frame),
        "polars categorical": pl.from_pandas(frame).with_columns(pl.col("city").cast(pl.Categorical)),
        "pyarrow": pa.Table.from_pandas(frame, preserve_index=False),
    }


KINDS = list(forms(FRAME))


@pytest.mark.parametrize("missing", ["drop", "impute"])
@pytest.mark.parametrize("penalty", [None, L2(0.01)])
def test_the_same_bits(tmp_path, missing, penalty):
    seen = {}
    for kind, data in forms(FRAME).items():
        fitted = fit(read(data, target="bought", missing=missing), penalty=penalty)
        again = forms(FRAME)[kind]
        save(fitted, tmp_path / "m.json")
        loaded = load(tmp_path / "m.json")
        assert loaded.schema == fitted.schema
        eta = loaded.eta(read_rows(again, loaded.schema))
        np.testing.assert_array_equal(Model(fitted).eta(read_rows(forms(FRAME)[kind], fitted.schema)), eta)
        seen[kind] = (fitted.names, fitted.beta.tobytes(), infer(fitted).se.tobytes(), eta.tobytes())
        gaps = FRAME["age"].isna() | FRAME["city"].isna()
        np.testing.assert_array_equal(np.isnan(eta), gaps if missing == "drop" else np.zeros(ROWS, dtype=bool))
    assert len(set(seen.values())) == 1, {kind: value[0] for kind, value in seen.items()}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("csv", "parquet")])
def test_the_estimator_takes_every_frame(kind):
    whole = FRAME.dropna().reset_index(drop=True)
    features, y = whole.drop(columns="bought"), whole["bought"].to_numpy()
    forms_of = {
        "pandas": features,
        "pandas nullable": features.convert_dtypes(),
        "pandas arrow": features.convert_dtypes(dtype_backend="pyarrow"),
        "pandas categorical": features.astype({"city": "category"}),
        "pandas shuffled index": features.set_axis(np.arange(len(features))[::-1]),
        "polars": pl.from_pandas(features),
        "polars categorical": pl.from_pandas(features).with_columns(pl.col("city").cast(pl.Categorical)),
        "pyarrow": pa.Table.from_pandas(features, preserve_index=False),
    }
    expected = fit(read(whole, target="bought"), penalty=L2(1.0 / len(whole)))
    model = LogisticRegression(categories="auto").fit(forms_of[kind], y)
    np.testing.assert_array_equal(model.coef_[0], expected.beta[0, 1:])
    assert model.fit_.names == expected.names
    np.testing.assert_array_equal(
        model.predict_proba(forms_of[kind]), Model(expected).predict_proba(whole.drop(columns="bought"))
    )
    free = LogisticRegression(categories="auto", C=np.inf).fit(forms_of[kind], y)
    assert free.coef_.shape[1] == model.coef_.shape[1] - 1


def test_one_hot_by_hand_is_the_same_fit():
    whole = FRAME.dropna()
    source = read(whole, target="bought")
    by_hand = pd.get_dummies(whole.drop(columns="bought"), columns=["city"], prefix_sep="=")[list(source.columns)]
    model = LogisticRegression(C=np.inf).fit(by_hand.astype(float), whole["bought"])
    np.testing.assert_allclose(fit(source).beta[0, 1:], model.coef_[0], rtol=1e-12)
