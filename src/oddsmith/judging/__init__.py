"""How good a solution is, and how that is known: bound, last digits, and what runs off where there is no optimum."""
