"""OPEN: problems. Add a file with `make() -> Problem`, and a line here."""

from benchmarks.datasets import tall_ridge, tall_unpenalised

DATASETS = {"tall_ridge": tall_ridge.make, "tall_unpenalised": tall_unpenalised.make}
