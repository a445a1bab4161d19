"""The page in a real browser: its arithmetic is the engine's, its controls work, it asks the network for nothing."""

import os

import numpy as np
import pytest
from selenium import webdriver
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import PolynomialFeatures

import oddsmith
from oddsmith.learn import write_page
from tests.learn.browser import BROWSER, DRIVER, Page, start

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        not (os.access(BROWSER, os.X_OK) and os.access(DRIVER, os.X_OK)),
        reason="Debian's packages chromium and chromium-driver are not installed",
    ),
]
ALL_LESSONS = range(1, 9)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learn")
    write_page(folder / "page.html")
    driver = start(folder / "user")
    yield Page(driver, (folder / "page.html").as_uri())
    driver.quit()


@pytest.fixture
def page(session):
    """The page; and after whatever a test did with it, no message in the console and no request."""
    session.messages(), session.requests()
    session.size(1440, 900)
    session.media()
    session.turn_to(1)
    yield session
    assert session.messages() == []
    assert {url for url in session.requests() if not url.startswith(("data:", "about:", session.address))} == set()


def clouds(classes, rows=60, seed=2):
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % classes
    return np.round(rng.normal(size=(rows, 2)) + 0.9 * np.column_stack([y == 1, y == 2]), 3), y


# ---- the arithmetic


@pytest.mark.parametrize("degree", [1, 2, 4])
def test_polynomial_features_are_scikit_learns(page, degree):
    X, _ = clouds(2)
    script = (
        "const [points, degree] = arguments; const features = new oddsmith.Features(points, {variables: 2, degree});"
    )
    found = page.js(script + "return [...features.design(points)]", [{"x1": a, "x2": b} for a, b in X.tolist()], degree)
    wanted = PolynomialFeatures(degree).fit_transform(X)
    assert np.reshape(found, wanted.shape) == pytest.approx(wanted, rel=1e-13)


@pytest.mark.parametrize("alpha", [0, 0.01])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_two_classes_agree_with_the_engine(page, degree, standardize, alpha):
    X, y = clouds(2)
    columns = PolynomialFeatures(degree, include_bias=False).fit_transform(X)
    fit = oddsmith.fit(oddsmith.as_source(columns, y), penalty=oddsmith.L2(alpha), standardize=standardize)
    found = page.fit(X, y, degree=degree, standardize=standardize, alpha=alpha)
    assert found["converged"]
    assert found["coefficients"] == [pytest.approx(fit.beta[0], rel=1e-6, abs=1e-6)]
    assert found["value"] == pytest.approx(fit.losses[-1], rel=1e-9)


@pytest.mark.parametrize("solver", ["gd", "cg", "lbfgs", "newton"])
@pytest.mark.parametrize("classes", [2, 3])
def test_every_solver_ends_at_the_same_optimum(page, solver, classes):
    X, y = clouds(classes)
    found = page.fit(X, y, degree=2, alpha=0.01, solver=solver, learningRate=0.5, batchSize=0)
    wanted = page.fit(X, y, degree=2, alpha=0.01)
    assert found["converged"]
    assert found["value"] == pytest.approx(wanted["value"], rel=1e-9)
    for one, other in zip(found["coefficients"], wanted["coefficients"], strict=True):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("alpha", [0, 0.01])
@pytest.mark.parametrize("degree", [1, 2])
def test_softmax_agrees_with_the_engine_and_scikit_learn(page, degree, alpha):
    X, y = clouds(3, rows=90)
    columns = PolynomialFeatures(degree, include_bias=False).fit_transform(X)
    strength = 1 / (alpha * len(y)) if alpha else np.inf
    peer = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-12, max_iter=200).fit(columns, y)
    wanted = np.column_stack([peer.intercept_, peer.coef_])
    found = page.fit(X, y, degree=degree, standardize=False, alpha=alpha)
    assert np.array(found["coefficients"]) == pytest.approx(wanted - wanted.mean(0), rel=1e-6, abs=1e-6)
    assert np.array(found["probabilities"]) == pytest.approx(peer.predict_proba(columns), abs=1e-8)
    fit = oddsmith.fit(oddsmith.as_source(columns, y), penalty=oddsmith.L2(alpha))
    assert np.array(found["coefficients"]) == pytest.approx(fit.beta, rel=1e-6, abs=1e-6)
    assert found["value"] == pytest.approx(fit.losses[-1], rel=1e-9)


def test_one_vs_all_agrees_with_scikit_learn(page):
    X, y = clouds(3, rows=90)
    binary = LogisticRegression(C=1 / (0.01 * len(y)), solver="newton-cholesky", tol=1e-12)
    peer = OneVsRestClassifier(binary).fit(X, y)
    wanted = [[*model.intercept_, *model.coef_[0]] for model in peer.estimators_]
    found = page.fit(X, y, loss="onevsall", standardize=False, alpha=0.01)
    assert np.array(found["coefficients"]) == pytest.approx(np.array(wanted), rel=1e-6, abs=1e-6)


def test_the_straight_line_is_least_squares(page):
    X, y = clouds(2)
    wanted = np.linalg.lstsq(np.column_stack([np.ones(len(y)), X]), y, rcond=None)[0]
    assert page.fit(X, y, loss="linear")["coefficients"] == [pytest.approx(wanted, rel=1e-9)]


@pytest.mark.parametrize("loss", ["entropy", "onevsall", "squared", "linear"])
@pytest.mark.parametrize("data", ["clouds", "row"])
def test_gradient_and_hessian_are_derivatives(page, data, loss):
    found = page.js(
        """
        const [data, loss] = arguments;
        oddsmith.lab.load({data, loss, alpha: 0.1});
        const {objective} = oddsmith.lab.model, h = 1e-5;
        const beta = Float64Array.from({length: objective.size}, (_, i) => Math.sin(i + 1));
        const at = (i, step) => objective.evaluate(beta.map((b, j) => b + (i === j) * step), {hessian: true});
        const exact = at(-1, 0);
        return Array.from(beta, (_, i) => {
          const [up, down] = [at(i, h), at(i, -h)], row = i * beta.length;
          return {
            slope: exact.gradient[i], slopes: (up.value - down.value) / (2 * h),
            curvature: [...exact.hessian.slice(row, row + beta.length)],
            curvatures: Array.from(beta, (_, j) => (up.gradient[j] - down.gradient[j]) / (2 * h)),
            slice: objective.slice(beta, i, (i + 1) % beta.length)(beta[i], beta[(i + 1) % beta.length]) - exact.value,
          };
        });
        """,
        data,
        loss,
    )
    for entry in found:
        assert entry["slope"] == pytest.approx(entry["slopes"], abs=1e-8)
        assert entry["curvature"] == pytest.approx(entry["curvatures"], abs=1e-8)
        assert entry["slice"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("data", ["clouds", "row"])
def test_nothing_overflows(page, data):
    told = page.js(
        """
        const {lab} = oddsmith;
        lab.load({data: arguments[0]});
        const far = lab.model.zeros().map((_, i) => (i % 2 ? 1000 : -1000));
        const {value, gradient} = lab.model.objective.evaluate(far);
        return [value, ...gradient, ...lab.points.flatMap((point) => lab.model.probabilities(far, point))];
        """,
        data,
    )
    assert all(isinstance(number, int | float) for number in told)  # JSON has no other way to tell NaN and infinity
    assert told[0] > 100


def test_the_safe_rate_is_safe_and_little_more_is_not(page):
    rises = page.js(
        """
        const {lab} = oddsmith;
        lab.load({data: "clouds", loss: "linear"}); // where the bound is the curvature itself
        return [0.99, 1.05].map((share) => {
          lab.set({learningRate: share * lab.safeRate});
          for (let step = 0; step < 300; step++) lab.step();
          return lab.run.curve.some(({value}, at) => at > 0 && value > lab.run.curve[at - 1].value * (1 + 1e-9));
        });
        """
    )
    assert rises == [False, True]


# ---- what the lessons say


def fits_of(page, data, **settings):
    """A data set of the lessons, fitted by the page; with its points."""
    page.js("oddsmith.lab.load({data: arguments[0]})", data)
    points = page.js("return oddsmith.lab.points.map((p) => [p.x1, p.x2, p.label])")
    X, y = np.array(points)[:, :2], np.array(points)[:, 2].astype(int)
    return page.fit(X, y, **settings) | {"X": X, "y": y}


def test_lesson_2_far_points_move_the_line_and_not_the_sigmoid(page):
    cut, missed, highest = {}, {}, {}
    for data in ("tumours", "far"):
        for loss, at in (("linear", 0.5), ("entropy", 0)):
            fit = fits_of(page, data, view="line", loss=loss)
            intercept, slope = fit["coefficients"][0]
            cut[data, loss] = (at - intercept) / slope
            missed[data, loss] = int((fit["X"][fit["y"] == 1, 0] < cut[data, loss]).sum())
            highest[data, loss] = max(p[1] for p in fit["probabilities"])
    assert abs(cut["far", "entropy"] - cut["tumours", "entropy"]) < 0.05
    assert cut["far", "linear"] - cut["tumours", "linear"] > 0.5
    assert (missed["tumours", "linear"], missed["far", "linear"], missed["far", "entropy"]) == (0, 2, 1)
    assert highest["far", "linear"] > 1 >= highest["far", "entropy"]


def test_lesson_4_the_squared_error_has_flat_ground(page):
    falls = page.js(
        """
        const {lab, LESSONS} = oddsmith;
        const {start} = LESSONS[3].tries[2].set;
        return ["squared", "entropy"].map((loss) => {
          lab.load({...LESSONS[3].preset, loss, start});
          for (let step = 0; step < 50; step++) lab.step();
          return 1 - lab.run.now.value / lab.run.curve[0].value;
        });
        """
    )
    assert falls[0] < 0.01
    assert falls[1] > 0.9


def test_lesson_5_a_rate_too_small_a_good_one_and_one_too_large(page):
    ends = page.js(
        """
        const {lab, LESSONS} = oddsmith;
        return LESSONS[4].tries.map(({set}) => {
          lab.load({...LESSONS[4].preset, ...set});
          while (!lab.done) lab.step();
          const {end, rises, path, now} = lab.run;
          return [end, rises / path.length, now.value - lab.optimum.value, lab.settings.learningRate < lab.safeRate];
        });
        """
    )
    small, good, large, batches, single = ends
    assert (good[0], good[1], good[3]) == ("converged", 0, True)
    assert (small[0], small[1], small[2] > 0.05) == ("limit", 0, True)
    assert (large[0], large[1] > 0.1, large[2] > 0.01, large[3]) == ("limit", True, True, False)
    for end, rises, above, _ in (batches, single):  # near the optimum, and trembling
        assert (end, rises > 0.1, above < 0.005) == ("limit", True, True)


def test_the_same_run_again_takes_its_place_and_another_stays_beside_it(page):
    kept = page.js(
        """
        const {lab} = oddsmith;
        lab.load({data: "clouds"});
        return [0.5, 0.5, 2, 0.5, 1].map((learningRate) => {
          lab.set({learningRate});
          for (let step = 0; step < 5; step++) lab.step();
          return lab.ghosts.map(({label}) => label);
        });
        """
    )
    name = "Gradient descent, rate {}".format
    assert kept == [[], [], [name(0.5)], [name(2)], [name(2), name(0.5)]]


def test_lesson_6_hundreds_of_passes_dozens_or_a_handful(page):
    setting = {"degree": 3, "alpha": 0.001, "learningRate": 1, "batchSize": 0}
    passes = {s: fits_of(page, "moons", solver=s, **setting)["passes"] for s in ("gd", "cg", "lbfgs", "newton")}
    assert passes["gd"] > passes["cg"] > 100 > passes["lbfgs"] > 20 > passes["newton"]


@pytest.mark.parametrize("data", ["row", "corners"])
def test_lesson_7_one_vs_all_loses_the_middle_of_a_row(page, data):
    right = {}
    for loss in ("onevsall", "entropy"):
        fit = fits_of(page, data, loss=loss)
        right[loss] = (np.argmax(fit["probabilities"], axis=1) == fit["y"])[fit["y"] == 1].mean()
    lost = right["entropy"] - right["onevsall"]
    assert lost > 0.4 if data == "row" else abs(lost) <= 0.03


def test_lesson_8_standardising_is_everything_to_descent_and_nothing_to_newton(page):
    raw, standardised = (fits_of(page, "cancer", standardize=s)["passes"] for s in (False, True))
    assert abs(raw - standardised) <= 1
    script = """
        const [standardize, rate] = arguments, {lab} = oddsmith;
        lab.load({data: "cancer", standardize, learningRate: rate});
        while (!lab.done) lab.step();
        return [lab.run.end, lab.run.now.passes, rate < lab.safeRate];
    """
    assert page.js(script, False, 0.005) == ["limit", 5001, True]
    end, passes, safe = page.js(script, True, 2)
    assert (end, safe) == ("converged", True)
    assert 100 < passes < 1000


# ---- what one presses


@pytest.mark.parametrize("lesson", ALL_LESSONS)
def test_a_lesson_loads_and_all_that_it_offers_runs_and_nothing_jumps(page, lesson):
    places = (
        "return [...document.querySelectorAll('.card, canvas, .card button, .card select')]"
        ".map((e) => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })"
    )
    page.open(lesson)
    before = page.js(places)
    page.rest()
    headings = page.js(
        'return [...document.querySelectorAll("h1")].filter((h) => h.offsetParent).map((h) => h.innerText)'
    )
    assert len(headings) == 1
    assert page.js("return document.querySelector('#lessons [aria-current=\"true\"]').innerText").startswith(
        str(lesson)
    )
    tries = page.driver.find_elements("css selector", f'[data-lesson="{lesson}"] button')
    assert len(tries) >= 3
    for button in tries:
        button.click()
        state = page.rest()
        assert np.isfinite(state["value"]), button.text
        assert state["steps"] == 1 or state["end"] in ("converged", "separated", "limit"), (button.text, state)
        assert state["steps"] == 1 or state["value"] < state["first"], button.text
        assert page.js(places) == before, button.text
    page.click("#clear")
    assert page.rest()["points"] == 0
    assert page.js(places) == before


def test_a_run_converges_and_its_cost_falls(page):
    page.open(5)
    page.click("#run")
    state = page.rest()
    assert (state["end"], state["steps"]) == ("limit", 301)
    for _ in range(5):  # it goes on
        if state["end"] == "limit":
            page.click("#run")
            state = page.rest()
    assert state["end"] == "converged"
    curve = page.js("return oddsmith.lab.run.curve.map(({value}) => value)")
    assert all(np.diff(curve) <= 1e-15)
    assert page.js("return document.getElementById('note').innerText") == state["note"]
    assert "Converged after" in state["note"]
    X, y = np.array(page.js("return oddsmith.lab.points.map((p) => [p.x1, p.x2])")), None
    y = page.js("return oddsmith.lab.points.map((p) => p.label)")
    fit = oddsmith.fit(oddsmith.as_source(X, y))
    assert state["beta"] == pytest.approx(fit.beta[0], rel=1e-6, abs=1e-6)


def test_a_step_is_one_step_and_reset_goes_back(page):
    page.open(5)
    start = page.state()
    page.click("#step")
    once = page.state()
    page.click("#step")
    twice = page.state()
    assert [start["steps"], once["steps"], twice["steps"]] == [1, 2, 3]
    assert twice["value"] < once["value"] < start["value"]
    gradient = page.js("return [...oddsmith.lab.run.curve[0].gradient]")
    assert once["beta"] == pytest.approx([-0.5 * slope for slope in gradient])
    page.click("#reset")
    back = page.state()
    assert (back["beta"], back["steps"], back["ghosts"]) == (start["beta"], 1, 0)


def test_run_becomes_pause(page):
    page.media(motion="no-preference")
    page.open(8)
    page.click("#run")
    assert page.js("return document.getElementById('run').innerText") == "Pause"
    page.click("#run")
    paused = page.rest()
    assert page.js("return document.getElementById('run').innerText") == "Run"
    assert page.rest()["steps"] == paused["steps"]


def test_separated_classes_are_told(page):
    page.open(5)
    page.js(
        "oddsmith.lab.edit([{x1: -1, x2: 0, label: 0}, {x1: 1, x2: 0, label: 1}]); oddsmith.lab.set({solver: 'newton'})"
    )
    page.click("#run")
    state = page.rest()
    assert state["end"] == "separated"
    assert "A penalty would hold it" in state["note"]
    page.js("oddsmith.lab.set({alpha: 0.1})")
    page.click("#run")
    assert page.rest()["end"] == "converged"


def test_one_class_is_not_enough(page):
    page.open(5)
    page.click("#clear")
    assert page.rest()["points"] == 0
    assert "two classes" in page.state()["note"]
    page.click("#run")
    assert page.rest()["steps"] == 1


def test_a_rate_that_is_too_large_is_told(page):
    page.open(8)
    page.js("oddsmith.lab.set({learningRate: 10})")
    page.click("#step")
    page.click("#step")
    assert "learning rate is too large" in page.state()["note"]


def test_points_by_mouse(page):
    page.open(5)
    canvas = page.driver.find_element("id", "stage")
    act = webdriver.ActionChains(page.driver, duration=20)
    before = page.state()["points"]
    page.click('#tool input[value="2"]')
    act.move_to_element_with_offset(canvas, 200, -150).click().perform()
    assert page.state()["points"] == before + 1
    added = page.js("return oddsmith.lab.points.at(-1)")
    assert added["label"] == 2
    act.move_to_element_with_offset(canvas, 200, -150).click_and_hold().move_by_offset(0, 250).release().perform()
    moved = page.js("return oddsmith.lab.points.at(-1)")
    assert page.state()["points"] == before + 1
    assert moved["x1"] == pytest.approx(added["x1"], abs=0.05)
    assert moved["x2"] < added["x2"] - 2
    act.context_click().perform()
    assert page.state()["points"] == before
    act.move_to_element_with_offset(canvas, 200, -150).click().perform()
    page.click('#tool input[value="remove"]')
    act.move_to_element_with_offset(canvas, 200, -150).click().perform()
    assert page.state()["points"] == before


def test_points_by_keyboard(page):
    keys = webdriver.Keys
    page.open(5)
    page.click("#clear")
    page.js("document.getElementById('stage').focus()")
    page.press(keys.ARROW_RIGHT, keys.ARROW_RIGHT, keys.ENTER)
    page.press(*[keys.ARROW_LEFT] * 5, keys.ENTER)
    assert page.state()["points"] == 2
    first = page.js("return oddsmith.lab.points[1]")
    page.press(keys.SHIFT, keys.ARROW_UP)
    second = page.js("return oddsmith.lab.points[1]")
    assert second["x2"] > first["x2"]
    page.press(keys.NULL, keys.DELETE)
    assert page.state()["points"] == 1


def test_sliders_and_surface_move_the_coefficients(page):
    page.open(1)
    page.js("document.getElementById('second-value').focus()")
    before = page.state()["beta"]
    page.press(webdriver.Keys.ARROW_RIGHT)
    after = page.state()["beta"]
    assert (after[0], after[1] > before[1]) == (before[0], True)
    surface = page.driver.find_element("id", "surface")
    webdriver.ActionChains(page.driver, duration=20).move_to_element_with_offset(surface, 60, -40).click().perform()
    clicked = page.state()
    assert clicked["beta"] != after
    assert clicked["steps"] == 1


def test_controls_set_what_they_say(page):
    page.open(5)
    for name, value in (("data", "moons"), ("solver", "lbfgs"), ("loss", "squared")):
        page.js("const [name, value] = arguments; const s = document.getElementById(name); s.value = value;"
                "s.dispatchEvent(new Event('change'))", name, value)  # fmt: skip
    for name in ("degree", "alpha"):
        page.js("document.getElementById(arguments[0]).focus()", name)
        page.press(webdriver.Keys.ARROW_RIGHT)
    page.click('[data-setting="standardize"]')
    found = page.js("return oddsmith.lab.settings")
    wanted = {"data": "moons", "solver": "lbfgs", "loss": "squared", "degree": 2, "alpha": 1e-5, "standardize": True}
    assert {name: found[name] for name in wanted} == wanted
    assert page.js("return document.getElementById('learningRate').disabled")
    page.click('[data-setting="view"] input[value="line"]')
    assert page.js("return oddsmith.lab.model.objective.columns") == 3


# ---- how it looks


def test_the_theme_follows_the_system_and_then_the_button(page):
    theme = "return document.documentElement.dataset.theme"
    ground = "return getComputedStyle(document.body).backgroundColor"
    page.open(1)
    assert page.js(theme) == "light"
    light = page.js(ground)
    page.media("dark")
    page.until("document.documentElement.dataset.theme === 'dark'")
    assert page.js(ground) != light
    page.click("#theme")
    assert (page.js(theme), page.js(ground)) == ("light", light)
    page.open(2)
    assert page.js(theme) == "light"  # remembered
    page.js("localStorage.clear()")


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_no_scrolling_sideways(page, width):
    page.size(width, 760)
    for lesson in ALL_LESSONS:
        page.turn_to(lesson)
        page.rest()
        assert page.js("return document.documentElement.scrollWidth") <= width, lesson


def test_lessons_have_one_layout(page):
    tops = set()
    for lesson in ALL_LESSONS:
        page.turn_to(lesson)
        tops.add(page.js("return document.querySelector('.lab').getBoundingClientRect().top"))
    assert len(tops) == 1


def test_canvases_have_the_screens_own_resolution(page):
    page.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 1200, "height": 800, "deviceScaleFactor": 2.5, "mobile": False}
    )
    page.open(3)
    page.rest()
    each = "(c) => [c.width / c.clientWidth, c.height / c.clientHeight]"
    sizes = page.js(f"return [...document.querySelectorAll('canvas')].map({each})")
    assert np.array(sizes) == pytest.approx(np.full((3, 2), 2.5), abs=0.01)


def test_everything_that_can_be_used_has_a_name(page):
    page.open(7)
    page.rest()
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "slider", "combobox", "checkbox", "radio", "link", "application", "image", "navigation", "table"}
    used = [node for node in nodes if node.get("role", {}).get("value") in roles and not node.get("ignored")]
    assert {node["role"]["value"] for node in used} >= roles - {"navigation"}
    assert [node["role"]["value"] for node in used if not node.get("name", {}).get("value")] == []
