"""What can go wrong, as types and as advice.

OddsmithError
├── DataError            (also a ValueError)   the data cannot be used
│   ├── CollinearityError                      columns are linear combinations of others
│   └── ModelFileError                         a model file cannot be trusted
├── SpecificationError   (also a ValueError)   the request makes no sense
└── NumericalError       (also an ArithmeticError)   the arithmetic broke down
OddsmithWarning          (a UserWarning)
├── ColumnWarning                              columns were left out
├── ConvergenceWarning                         the numbers are not what was asked for
└── SeparationWarning                          no finite optimum: some estimates run off
"""

from enum import Enum


class OddsmithError(Exception):
    """Base of all errors. Its three parts: what is wrong, what was found, what to do."""

    def __init__(self, wrong: str, found: str = "", advice: str = "") -> None:
        super().__init__(wrong, found, advice)
        self.wrong, self.found, self.advice = wrong, found, advice

    def __str__(self) -> str:
        first = f"{self.wrong}: {self.found}" if self.found else self.wrong
        return f"{first.removesuffix('.')}. {self.advice}".strip()


class DataError(OddsmithError, ValueError):
    """The data cannot be used as they are."""


class CollinearityError(DataError):
    """Columns are linear combinations of others, which collinear="error" refuses."""


class ModelFileError(DataError):
    """A model file is damaged, of another kind, or of a later format."""


class SpecificationError(OddsmithError, ValueError):
    """An argument has no meaning, alone or beside another."""


class NumericalError(OddsmithError, ArithmeticError):
    """The arithmetic broke down on data that passed every check."""


class OddsmithWarning(UserWarning):
    """Base of all warnings."""


class ColumnWarning(OddsmithWarning):
    """Columns were left out, since they can tell nothing, or nothing that others do not."""


class ConvergenceWarning(OddsmithWarning):
    """The result is not the optimum, or not the only one."""


class SeparationWarning(OddsmithWarning):
    """The classes are separated: the likelihood has no finite maximum."""


class Status(Enum):
    """How a fit ended. The value of a member is the advice that goes with it."""

    CONVERGED = "Converged."
    GIVEN = "The coefficients were given, not fitted."
    PASS_LIMIT = (
        "Stopped at the limit of passes before the tolerance was met. Allow more passes, or use the default solver."
    )
    STALLED = (
        "No step lowers the objective any further, yet the tolerance is not met. "
        "Ask for a looser tolerance, or look for columns that nearly repeat one another."
    )
    DIVERGED = "The loss rose instead of falling. Use a smaller learning rate."
    COLLINEAR = (
        "Some columns are linear combinations of others (or constant), exactly or nearly, so their coefficients are "
        "not unique; those of smallest norm on standardised columns are given. Drop columns, or add a penalty."
    )
    UNVERIFIED = (
        "The tolerance was met, but with so many columns it was not verified that a finite optimum exists: the classes "
        "may be separated, or columns collinear. Add a penalty."
    )
    SEPARATED = (
        "The classes are separated: no finite coefficients maximise the likelihood. Those of the columns named grow "
        "without bound; all others have finite estimates. Add a penalty, ask for bias_reduction='firth', or drop the "
        "columns named."
    )

    @property
    def trustworthy(self) -> bool:
        """Whether the coefficients are the one optimum that was asked for."""
        return self in (Status.CONVERGED, Status.GIVEN)
