"""Fit, save, and score a second file: what an engineer's job runs every night.

The commands are those one types in a shell. They are run here one by one, in a folder of its own.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

SEED, ROWS = 4, 5_000


def make_loans(rows: int, seed: int) -> pd.DataFrame:
    """Loans, with some gaps."""
    rng = np.random.default_rng(seed)
    loans = pd.DataFrame(
        {
            "amount": np.exp(rng.normal(9, 0.8, rows)).round(2),
            "years": rng.integers(1, 11, rows),
            "purpose": rng.choice(["car", "home", "study"], rows, p=[0.5, 0.35, 0.15]),
            "late payments": rng.poisson(0.4, rows),
        }
    )
    eta = (
        -2.5 + 0.9 * loans["late payments"] + 0.4 * np.log(loans["amount"] / 8000) + 0.5 * (loans["purpose"] == "study")
    )
    loans["defaulted"] = (rng.random(rows) < 1 / (1 + np.exp(-eta))).astype(int)
    loans.loc[rng.random(rows) < 0.03, "amount"] = np.nan
    return loans


def oddsmith(folder: Path, *arguments: str) -> str:
    """Run the command, and show what was typed and what it said."""
    print(f"\n$ oddsmith {' '.join(arguments)}")
    done = subprocess.run(
        [sys.executable, "-m", "oddsmith", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    print(done.stdout + done.stderr)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


def main() -> None:
    """Yesterday's loans teach, today's are scored."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_loans(ROWS, SEED).to_csv(folder / "loans.csv", index=False)
        make_loans(200, SEED + 1).drop(columns="defaulted").to_csv(folder / "today.csv", index=False)

        # Everything that prediction needs goes into model.json: kinds, levels, what replaces a gap.
        oddsmith(
            folder, "fit", "loans.csv", "--target", "defaulted", "--missing", "impute", "--penalty", "ridge",
            "--alpha", "0.001", "--test-size", "0.2", "--out", "model.json", "--strict",
        )  # fmt: skip
        # One line for each row, in the order of the rows.
        oddsmith(folder, "predict", "model.json", "today.csv", "--out", "scores.csv", "--threshold", "0.2")
        today, scores = pd.read_csv(folder / "today.csv"), pd.read_csv(folder / "scores.csv")
        print(today.join(scores).sort_values("probability", ascending=False).head(5).to_string(index=False))

        # The same model in a program: NumPy and pyarrow are all it loads.
        import oddsmith as package

        model = package.load(folder / "model.json")
        assert np.array_equal(model.predict_proba(today)[:, 1], scores["probability"])
        print("\nThe program and the command agree to the last bit.")


if __name__ == "__main__":
    main()
