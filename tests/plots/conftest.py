import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def no_figures_are_left():
    yield
    plt.close("all")
