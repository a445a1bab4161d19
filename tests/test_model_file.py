import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsmith import L2, DataError, LogisticRegression, Model, ModelFileError, as_source, fit, infer, load
from oddsmith.model_file import save, write_atomically
from tests.problems import PROBLEMS


def make(name="plain", **options):
    problem = PROBLEMS[name]
    result = fit(problem.source, **options)
    return Model(result)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.json"


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("penalty", [None, L2(0.01)])
def test_a_round_trip_keeps_every_bit(path, name, penalty):
    model = make(name, penalty=penalty)
    model.save(path)
    again = load(path)
    problem = PROBLEMS[name]
    np.testing.assert_array_equal(again.fit.beta, model.fit.beta)
    np.testing.assert_array_equal(
        again.predict_proba(problem.X, problem.offset), model.predict_proba(problem.X, problem.offset)
    )
    np.testing.assert_array_equal(infer(again.fit).se, infer(model.fit).se)
    assert again.schema == model.schema
    assert (again.fit.status, again.fit.certificate) == (model.fit.status, model.fit.certificate)
    again.save(path.with_name("again.json"))
    assert path.read_bytes() == path.with_name("again.json").read_bytes()


@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("no", "yes"), (-1.0, 1.0), ("café", '"x"\n')])
def test_labels_of_any_type_come_back(path, labels):
    problem = PROBLEMS["tiny"]
    y = np.array(labels)[problem.y]
    LogisticRegression().fit(problem.X, y).save(path)
    model = load(path)
    expected = LogisticRegression().fit(problem.X, y).predict(problem.X)
    np.testing.assert_array_equal(model.predict(problem.X), expected)
    assert model.predict(problem.X).dtype.kind == expected.dtype.kind


def test_no_flipped_bit_opens_as_another_model(path):
    make("tiny").save(path)
    content = path.read_bytes()
    broken = path.with_name("broken.json")
    for position in range(0, len(content)):
        flipped = bytearray(content)
        flipped[position] ^= 1 << (position % 8)
        broken.write_bytes(flipped)
        with pytest.raises(ModelFileError):
            load(broken)


@pytest.mark.parametrize("cut", [0, 1, 100, -1, -2, -70])
def test_no_half_file_opens(path, cut):
    make("tiny").save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelFileError, match="not a whole model file"):
        load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "a file of another kind"),
        ({"version": 2}, "another format version: 2, known: 1"),
        ({"beta": [[1.0]]}, "contradicts itself"),
        ({"fit": None}, "not a model file"),
        ({"penalty": {}}, "not a model file"),
    ],
)
def test_a_sealed_file_of_wrong_content_is_refused(path, change, message):
    import hashlib

    make("tiny").save(path)
    document = json.loads(path.read_text())
    del document["sha256"]
    body = json.dumps(document | change, indent=1).removesuffix("\n}").encode()
    path.write_bytes(body + b',\n "sha256": "' + hashlib.sha256(body).hexdigest().encode() + b'"\n}\n')
    with pytest.raises(ModelFileError, match=message):
        load(path)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_any_finite_coefficients_come_back_to_the_last_bit(beta):
    model = make("tiny")
    fitted = replace(model.fit, beta=np.array([beta]))
    with tempfile.TemporaryDirectory() as folder:
        Model(fitted).save(f"{folder}/model.json")
        assert load(f"{folder}/model.json").fit.beta.tobytes() == fitted.beta.tobytes()


def test_penalties_come_back_with_their_settings(path):
    for penalty in (L2(0.1), L2(0.1, np.array([1.0, 0.0]))):
        make("tiny", penalty=penalty).save(path)
        found = load(path).fit.penalty
        assert found.alpha == penalty.alpha
        np.testing.assert_array_equal(found.factors, penalty.factors)


def test_it_is_json_of_exact_decimals_without_nan(path):
    model = make("tiny")
    model.save(path)
    document = json.loads(path.read_text(), parse_constant=pytest.fail)
    assert document["beta"] == model.fit.beta.tolist()
    assert document["schema"]["columns"] == [
        {"name": name, "kind": "numeric", "fill": None, "indicator": False} for name in ("x0", "x1")
    ]


def test_an_existing_file_survives_every_failure(path, monkeypatch):
    make("tiny").save(path)
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        make("plain").save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["model.json"]


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(DataError, match="output cannot be written"):
        write_atomically(tmp_path / "nowhere" / "file", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="output cannot be written"):
        write_atomically(tmp_path / "folder", b"")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_links_are_followed_and_pipes_are_not_replaced(path):
    link, pipe = path.with_name("link.json"), path.with_name("pipe")
    make("tiny").save(path)
    link.symlink_to(path)
    make("plain").save(link)
    assert link.is_symlink()
    assert len(load(path).columns) == 6
    os.mkfifo(pipe)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    make("tiny").save(pipe)
    reader.join()
    assert pipe.is_fifo()
    assert found[0].endswith(b'"\n}\n')


def test_a_fit_can_be_saved_as_it_is(path):
    save(fit(PROBLEMS["tiny"].source), path)
    assert load(path).columns == ("x0", "x1")


def test_a_reader_never_sees_half_a_file(path):
    models = [make("tiny"), make("plain")]
    models[0].save(path)
    stop = threading.Event()

    def write():
        k = 0
        while not stop.is_set():
            models[k % 2].save(path)
            k += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        widths = {len(load(path).columns) for _ in range(200)}
    finally:
        stop.set()
        thread.join()
    assert widths <= {2, 6}


def test_frames_are_matched_by_name():
    problem = PROBLEMS["tiny"]
    frame = pd.DataFrame(problem.X, columns=["a", "b"])
    estimator = LogisticRegression().fit(frame, problem.y)
    model = Model(estimator.fit_)
    frame["c"] = "ignored"
    np.testing.assert_array_equal(model.predict_proba(frame[["c", "b", "a"]]), model.predict_proba(problem.X))
    with pytest.raises(DataError, match="lack columns that the model needs: 'a'"):
        model.predict(frame[["b", "c"]])
    with pytest.raises(DataError, match="other columns than the model: 3 for 2"):
        model.predict(np.zeros((4, 3)))


def test_an_offset_must_be_given_again(path):
    make("weighted").save(path)
    with pytest.raises(ValueError, match="fitted with an offset"):
        load(path).predict(PROBLEMS["weighted"].X)


def test_above_the_limit_the_hessian_is_left_out_and_said_to_be(path, monkeypatch):
    monkeypatch.setattr("oddsmith.model_file.HESSIAN_LIMIT", 3)
    save(make("plain"), path)
    assert "not known" in infer(load(path).fit).note


def test_a_loaded_model_predicts_from_numpy_alone(path):
    make("plain").save(path)
    code = (
        "import sys, numpy, oddsmith; before = set(sys.modules)\n"
        "m = oddsmith.load(sys.argv[1]); m.predict(numpy.zeros((2, 6)))\n"
        "roots = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(roots & {'sklearn', 'scipy', 'pandas', 'pyarrow', 'click', 'matplotlib'}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_repr_says_what_it_predicts():
    assert repr(make("tiny")).startswith("<Model: P(1) from 2 columns; <Fit: logistic")


def test_a_mean_of_zero_is_a_mean(path):
    from oddsmith import read

    frame = pd.DataFrame({"z": [-1.0, 1.0] * 20, "b": [False] * 40, "y": [0, 1, 1, 0] * 10})
    frame["x"] = np.arange(40.0) % 7
    frame.loc[[0, 1], "z"] = np.nan
    found = fit(read(frame, target="y", missing="impute", drop=["b"]))
    save(found, path)
    assert load(path).schema == found.schema
    np.testing.assert_array_equal(load(path).predict_proba(frame), Model(found).predict_proba(frame))


def test_a_frame_with_numbers_for_names_is_read_by_them():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.standard_normal((50, 2)), columns=[7, 3])
    y = rng.integers(0, 2, 50)
    named, unnamed = Model(fit(as_source(frame, y))), Model(fit(as_source(frame.to_numpy(), y)))
    expected = named.predict_proba(frame.to_numpy())
    np.testing.assert_array_equal(named.predict_proba(frame[[3, 7]]), expected)
    np.testing.assert_array_equal(unnamed.predict_proba(frame), expected)  # by position: it never knew names
    with pytest.raises(DataError, match="lack columns that the model needs: '7'"):
        named.predict_proba(frame.rename(columns={7: 8}))
