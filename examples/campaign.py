"""Who buys after a call? A marketing table as it comes: text, categories, gaps, an identifier, rare levels.

The data are made here, from a seed, so that the truth is known; everything after `make_table` is what one would do
with a table of one's own.
"""

import warnings

import numpy as np
import pandas as pd

import oddsmith

SEED, ROWS = 20, 20_000


def make_table() -> pd.DataFrame:
    """Customers who were called, and whether they bought."""
    rng = np.random.default_rng(SEED)
    table = pd.DataFrame(
        {
            "customer": [f"K-{k:06d}" for k in rng.permutation(ROWS)],
            "age": rng.gamma(9, 5, ROWS).round(),
            "income": np.exp(rng.normal(10.3, 0.6, ROWS)).round(-2),
            "channel": rng.choice(["phone", "mail", "shop", "web"], ROWS, p=[0.5, 0.3, 0.15, 0.05]),
            "region": rng.choice([f"R{k:02d}" for k in range(40)], ROWS, p=np.arange(40, 0, -1) / 820),
            "newsletter": rng.random(ROWS) < 0.35,
            "calls": rng.poisson(1.5, ROWS),
        }
    )
    eta = (
        -3.1
        + 0.6 * (table["channel"] == "web")
        + 0.4 * (table["channel"] == "shop")
        + 0.9 * table["newsletter"]
        + 0.35 * np.log(table["income"] / 30_000)
        - 0.15 * table["calls"]
        + table["region"].map({"R00": 0.5, "R39": 1.5}).fillna(0.0)
    )
    table["bought"] = np.where(rng.random(ROWS) < 1 / (1 + np.exp(-eta)), "yes", "no")
    # people who do not tell their income buy less
    silent = rng.random(ROWS) < np.where(table["bought"] == "yes", 0.05, 0.15)
    table.loc[silent, "income"] = np.nan
    table.loc[rng.random(ROWS) < 0.02, "channel"] = None
    return table


def main() -> None:
    """Fit it twice: to understand, and to predict."""
    table = make_table()

    # To understand: no penalty, one level of each category to compare with, gaps as findings of their own.
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        source = oddsmith.read(
            table, target="bought", missing="impute", reference={"channel": "phone"}, drop=["region"]
        )
    print(told[0].message)  # the identifier was left out
    print()
    understood = oddsmith.fit(source)
    print(oddsmith.summarise(understood, target="bought"))

    # To predict: 40 regions, some of them rare. A ridge penalty lets every level speak, and keeps the rare ones quiet.
    features, y = table.drop(columns=["customer", "bought"]), table["bought"]
    complete = features.notna().all(axis=1)
    train = complete & (np.arange(ROWS) % 4 != 0)
    test = complete & (np.arange(ROWS) % 4 == 0)
    model = oddsmith.LogisticRegression(C=1.0, categories="auto").fit(features[train], y[train])
    scores = oddsmith.score((y[test] == "yes").to_numpy(float), model.predict_proba(features[test])[:, 1])
    print(f"\n{len(model.fit_.names)} coefficients from {features.shape[1]} columns")
    print(f"held out: ROC AUC {scores.roc_auc:.3f}, log loss {scores.log_loss:.4f}")

    # A region that did not exist then is no number: it is an error that says which, unless told otherwise.
    stranger = features[test].head(1).assign(region="R99")
    try:
        model.predict(stranger)
    except oddsmith.DataError as error:
        print(f"\n{error}")


if __name__ == "__main__":
    main()
