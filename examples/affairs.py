"""Who reports an affair? A survey of 6366 married women (Fair, 1978), bundled with statsmodels.

A statistician's questions: which odds ratios, how sure, and does a larger model say more than a smaller one?
"""

import numpy as np
import statsmodels.api as sm

import oddsmith


def main() -> None:
    """Fit two nested models, compare them, and predict."""
    data = sm.datasets.fair.load_pandas().data
    data["any_affair"] = np.where(data["affairs"] > 0, "yes", "no")

    # Age and years of marriage go together; children and religion may say more.
    smaller = oddsmith.logit("any_affair ~ age + yrs_married + rate_marriage", data)
    larger = oddsmith.logit("any_affair ~ age + yrs_married + rate_marriage + religious + C(occupation)", data)
    print(larger.summary())

    print("\nOdds ratios, for five years of age and of marriage:")
    print(larger.odds_ratios(units={"age": 5, "yrs_married": 5}))

    print(f"\n{smaller.lr_test(larger)}")
    print(larger.wald_test("religious = 0"))
    print(f"AIC {smaller.aic:.1f} -> {larger.aic:.1f}, McFadden's R2 {smaller.pseudo_r2:.3f} -> {larger.pseudo_r2:.3f}")

    print("\nTwo women of 30, married for 8 years, of the same occupation:")
    women = {
        "age": [30, 30], "yrs_married": [8, 8], "rate_marriage": [5, 2], "religious": [3, 3], "occupation": [3, 3],
    }  # fmt: skip
    print(larger.predict(women, interval=0.95).round(3))

    # An occupation that nobody had is no number, but an error.
    try:
        larger.predict({"age": [30], "yrs_married": [8], "rate_marriage": [5], "religious": [3], "occupation": [9]})
    except oddsmith.DataError as error:
        print(f"\n{error}")


if __name__ == "__main__":
    main()
