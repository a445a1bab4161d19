"""A browser without a window, for the tests of the page."""

import json
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

BROWSER, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"  # Debian's; no one looks for others, or fetches them
PLAIN = {"view": "plane", "degree": 1, "standardize": True, "loss": "entropy", "alpha": 0, "solver": "newton"}


def start(folder: Path) -> webdriver.Chrome:
    """A session that keeps what it writes in a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={folder}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))


class Page:
    """The page in a browser whose every request and message is written down."""

    def __init__(self, driver, address):
        self.driver, self.address = driver, address
        self.size(1440, 900)
        self.media()

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def media(self, scheme="light", motion="reduce"):
        """With less motion a run takes as many steps at a time as it can, which is what a test wants."""
        features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", motion)]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value} for name, value in features]}
        )

    def open(self, lesson=1):
        self.driver.get("about:blank")
        self.driver.get(f"{self.address}#{lesson}")

    def turn_to(self, lesson):
        """As a link does: without loading the page again, if it is there."""
        if self.driver.current_url.startswith(self.address):
            self.js("location.hash = arguments[0]", lesson)
        else:
            self.open(lesson)
        self.until("document.querySelector(`[data-lesson='${arguments[0]}']`).hidden === false", lesson)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition, *arguments, seconds=5):
        wait = WebDriverWait(self.driver, seconds, poll_frequency=0.01)
        wait.until(lambda _: self.js(f"return {condition}", *arguments))

    def state(self):
        """Where the run stands."""
        return self.js(
            "const {lab, runner} = oddsmith; return {running: runner.running, end: lab.run.end, note: lab.run.note, "
            "steps: lab.run.path.length, first: lab.run.curve[0].value, value: lab.run.now.value, "
            "points: lab.points.length, beta: [...lab.run.now.beta], ghosts: lab.ghosts.length}"
        )

    def rest(self, seconds=20):
        """Wait until no run is on and the picture is drawn."""
        self.until("!oddsmith.runner.running", seconds=seconds)
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done))")
        return self.state()

    def click(self, selector):
        self.driver.find_element("css selector", selector).click()

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def fit(self, X, y, **settings):
        """What the page's own arithmetic finds."""
        points = [{"x1": a, "x2": b, "label": int(c)} for (a, b), c in zip(X.tolist(), y, strict=True)]
        return self.js("return oddsmith.fitPoints(arguments[0], arguments[1])", points, PLAIN | settings)

    def messages(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
