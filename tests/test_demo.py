def test_the_data_are_scikit_learns_to_the_last_digit(tmp_path, capsys):
    from sklearn.datasets import load_breast_cancer

    from oddsmith import read
    from oddsmith.demo import DATA, write_data

    write_data(tmp_path)
    source = read(tmp_path / DATA, target="diagnosis", positive="malignant")
    bunch = load_breast_cancer()
    assert (next(source.blocks()).design.array == bunch.data).all()
    assert (next(source.blocks()).target == 1 - bunch.target).all()
    assert list(source.columns) == bunch.feature_names.tolist()
