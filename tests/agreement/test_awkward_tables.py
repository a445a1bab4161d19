"""Tables as people have them: each ends in a right answer, or in a message that names the column and the row."""

import gzip
import io
import warnings

import numpy as np
import pytest

from oddsmith import ColumnWarning, DataError, fit, read

RNG = np.random.default_rng(7)
X = np.round(RNG.standard_normal(200), 3)
Y = (RNG.random(200) < 1 / (1 + np.exp(-X))).astype(int)
PLAIN = "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(X, Y, strict=True))
LINES = PLAIN.splitlines()


def with_column(name, cells, text=PLAIN):
    """A column more, on the left."""
    head, *rows = text.splitlines()
    return "\n".join([f"{name},{head}", *(f"{cells[k % len(cells)]},{row}" for k, row in enumerate(rows))]) + "\n"


def answer(data, **options):
    source = read(io.BytesIO(data if isinstance(data, bytes) else data.encode()), target="y", **options)
    return fit(source)


EXPECTED = answer(PLAIN).beta
SAME = {  # the same table in another dress: the same bits
    "byte order mark": "\ufeff" + PLAIN,
    "windows line ends": PLAIN.replace("\n", "\r\n"),
    "old macintosh line ends": PLAIN.replace("\n", "\r"),
    "no line end at the end": PLAIN.rstrip("\n"),
    "blank lines at the end": PLAIN + "\n\n\n",
    "blank lines between": PLAIN.replace("\n", "\n\n", 3),
    "quoted cells": "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in LINES),
    "space around cells": PLAIN.replace(",", " ,  "),
    "space around names": PLAIN.replace("x,y", " x , y "),
    "plus signs": "\n".join(line if k == 0 or line[0] == "-" else "+" + line for k, line in enumerate(LINES)),
    "decimals as exponents": "x,y\n" + "".join(f"{x:.17e},{y}\n" for x, y in zip(X, Y, strict=True)),
    "a nameless index": with_column("", range(200)),
    "an identifier": with_column("id", [f"u{k}" for k in range(200)]),
    "an identifier with breaks": with_column("id", [f'"u\n{k}"' for k in range(200)]),
    "a constant text": with_column("src", ["web"]),
    "labels as decimals": PLAIN.replace(",0\n", ",0.0\n").replace(",1\n", ",1.0\n"),
    "labels true and false": PLAIN.replace(",0\n", ",false\n").replace(",1\n", ",true\n"),
    "labels with space": PLAIN.replace(",0\n", ", no\n").replace(",1\n", ",yes \n"),
    "a header of two lines": PLAIN.replace("x,y", '"x\nof\nthe day",y'),
    "names of other scripts": PLAIN.replace("x,y", "größe 身長,y"),
}


@pytest.mark.parametrize("case", SAME)
def test_the_same_table_in_another_dress(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColumnWarning)
        np.testing.assert_array_equal(answer(SAME[case]).beta, EXPECTED)


GAPPY = PLAIN.replace(f"{X[3]},", "?,", 1)
CODES = with_column("code", ["1", "2", "A", "B"])
REFUSED = {  # what cannot be right is refused, by column and row
    "no gap is filled in silence": (GAPPY, {}, r"'x' \(1\); the first in row 4 of 'x'"),
    "a dot for a gap": (PLAIN.replace(f"{X[9]},", ".,", 1), {}, r"'x' \(1\); the first in row 10"),
    "an empty column": (with_column("e", ["", "NA", "null"]), {"missing": "impute"}, "Column 'e' is empty: all 200"),
    "a word at the end": (PLAIN + "oops,1\n", {}, "Column 'x' mixes numbers and text: 'oops' in row 201"),
    "a thousands separator": (PLAIN + '"1,234",1\n', {}, "Column 'x' mixes numbers and text: '1,234' in row 201"),
    "a decimal comma": (
        PLAIN.replace(",", ";").replace(".", ","),
        {"delimiter": ";"},
        "'x' holds numbers with commas or signs in them: '.*' in row 1",
    ),
    "a currency": (with_column("p", [f"${k}" for k in range(10)]), {"numeric": ["p"]}, r"'\$0' in row 1"),
    "days": (with_column("day", ["2024-01-01", "2024-02-30"]), {}, "Column 'day' holds dates or times"),
    "times": (with_column("at", ["2024-01-01 10:00:00"]), {}, "Column 'at' holds dates"),
    "days of a pattern": (with_column("day", ["31/12/2024", "1/2/2025"]), {}, "'day' holds dates.*'31/12/2024'"),
    "an infinity": (PLAIN.replace(f"{X[4]},", "inf,", 1), {}, "Column 'x' is not finite: inf in row 5"),
    "a name twice": (with_column("x", ["1"]), {}, "same name: 'x'"),
    "a name twice but for space": (with_column(" x ", ["1"]), {}, "same name: 'x'"),
    "a short row": ("\n".join([*LINES[:7], "1", *LINES[7:]]), {}, "Row 7 .* is ragged: 1 cells where the header has 2"),
    "a long row": ("\n".join([*LINES[:7], "1,2,3", *LINES[7:]]), {}, "Row 7 .* is ragged: 3 cells"),
    "a quote left open": (PLAIN + '"1,0\n2,1\n', {}, "ragged|Column 'x' mixes"),
    "another delimiter": (PLAIN.replace(",", ";"), {}, "';' separates the columns"),
    "latin-1": (with_column("c", ["caf\xe9"]).encode("latin-1"), {}, "not UTF-8"),
    "utf-16": (PLAIN.encode("utf-16"), {}, "not UTF-8"),
    "a third class": (PLAIN + "1,2\n", {}, "'y' has 3 classes: .*2"),
    "one class": ("x,y\n1,0\n2,0\n", {}, "one class only"),
    "a label missing": (PLAIN + "1,\n", {"missing": "impute"}, r"'y' \(1\); the first in row 201"),
    "a zipped file unnamed": (gzip.compress(PLAIN.encode()), {}, "not UTF-8|cannot be read"),
    "a header alone": ("x,y\n", {}, "no rows"),
    "only blank lines": ("\n\n\n", {}, "no header"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_right_is_refused(case):
    data, options, message = REFUSED[case]
    with pytest.raises(DataError, match=message):
        answer(data, **options)


def test_codes_that_look_like_numbers_can_be_categories():
    rng = np.random.default_rng(1)
    zips = rng.choice(["01234", "1234", "90210"], 200)
    source = read(io.BytesIO(with_column("zip", list(zips)).encode()), target="y", category=["zip"])
    assert set(source.schema.columns[0].levels) == {"01234", "1234", "90210"}
    assert answer(CODES).names == ("code=2", "code=A", "code=B", "x")


@pytest.mark.filterwarnings("ignore::oddsmith.SeparationWarning")
def test_a_level_that_occurs_once_is_a_level():
    found = answer(with_column("c", ["a", "b"]).replace("a,", "rare,", 1), missing="error")
    assert "c=rare" in found.names


@pytest.mark.slow
def test_a_million_whole_numbers_and_a_decimal_at_the_end():
    rows = b"".join(b"%d,%d\n" % (k % 7, (k * k) % 5 < 2) for k in range(1_000_000))
    found = read(io.BytesIO(b"x,y\n" + rows + b"0.25,1\n"), target="y")
    last = list(found.blocks())[-1].design.array[-1, 0]
    assert (found.rows, last) == (1_000_001, 0.25)
    with pytest.raises(DataError, match="Column 'x' mixes numbers and text: 'zero' in row 1000001"):
        read(io.BytesIO(b"x,y\n" + rows + b"zero,1\n"), target="y")


@pytest.mark.slow
def test_ten_thousand_levels():
    rng = np.random.default_rng(3)
    rows = 40_000
    level = rng.integers(0, 10_000, rows)
    frame = {
        "c": np.char.add("level ", level.astype(str)),
        "x": rng.standard_normal(rows),
        "y": rng.integers(0, 2, rows),
    }
    source = read(frame, target="y")
    assert len(source.schema.columns[0].levels) == len(np.unique(level))
    from oddsmith import L2

    found = fit(source, penalty=L2(1e-3), tol=1e-6)
    assert found.status.name == "CONVERGED"
    assert len(found.names) == len(np.unique(level)) + 1


def test_a_very_wide_table():
    wide = 3_000
    values = np.random.default_rng(4).standard_normal((20, wide))
    head = ",".join([*(f"column number {k}" for k in range(wide)), "y"])
    rows = [",".join([*(f"{v:.6f}" for v in row), str(k % 2)]) for k, row in enumerate(values)]
    source = read(io.BytesIO("\n".join([head, *rows]).encode()), target="y")
    assert len(source.columns) == wide
    np.testing.assert_allclose(next(source.blocks()).design.array, values, atol=5e-7)


def test_a_row_longer_than_a_block_is_read(monkeypatch):
    monkeypatch.setattr("oddsmith.sources.files.BLOCK_BYTES", 4096)
    text = with_column("note", ['"' + "long words " * 200 + '"', '"' + "other words\n" * 200 + '"'])
    assert len(answer(text).names) == 2
