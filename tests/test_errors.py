import pickle

import pytest

import oddsmith
from oddsmith import errors


def test_the_tree():
    for name in ("DataError", "SpecificationError", "NumericalError"):
        assert issubclass(getattr(oddsmith, name), oddsmith.OddsmithError)
    assert issubclass(oddsmith.DataError, ValueError)
    assert issubclass(oddsmith.SpecificationError, ValueError)
    assert issubclass(oddsmith.NumericalError, ArithmeticError)
    for name in ("ConvergenceWarning", "SeparationWarning"):
        assert issubclass(getattr(oddsmith, name), errors.OddsmithWarning)


def test_a_message_has_three_parts():
    error = oddsmith.DataError("The file is empty", "data.csv", "Write it again.")
    assert str(error) == "The file is empty: data.csv. Write it again."
    assert (error.wrong, error.found, error.advice) == ("The file is empty", "data.csv", "Write it again.")
    assert str(oddsmith.DataError("All is lost")) == "All is lost."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("status", list(oddsmith.Status))
def test_every_status_gives_advice(status):
    assert status.value.endswith(".")
    assert status.trustworthy == (status in (oddsmith.Status.CONVERGED, oddsmith.Status.GIVEN))
    if not status.trustworthy:
        assert any(word in status.value for word in ("Use", "Add", "Allow", "Ask", "Drop"))
