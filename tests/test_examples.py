"""The worked examples run, and say what they promise."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PROMISES = {
    "affairs.py": ["Likelihood-ratio test", "Wald test of religious = 0", "AIC", "rate_marriage", "probability"],
    "campaign.py": ["Left out: 'customer'", "category channel (5 levels, against 'phone')", "Status       Converged.",
                    "held out: ROC AUC 0.6", "'region' has a level that the model has not seen: 'R99' in row 0"],
    "scoring.py": ["missing values imputed", "200 predictions in scores.csv", "agree to the last bit"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_every_example_runs_and_keeps_its_promises(name, tmp_path):
    done = subprocess.run([sys.executable, EXAMPLES / name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    for promise in PROMISES[name]:
        assert promise in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_list_of_examples_is_whole():
    listed = (EXAMPLES / "README.md").read_text()
    assert all(f"({path.name})" in listed for path in EXAMPLES.glob("*.py"))
