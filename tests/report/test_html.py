from html.parser import HTMLParser

from oddsmith import as_source, fit, summarise
from tests.problems import PROBLEMS

PLAIN = PROBLEMS["plain"]


class Reader(HTMLParser):
    """Which tags are open, and all that is said."""

    def __init__(self):
        super().__init__()
        self.open, self.said = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_it_is_one_closed_element_that_says_what_the_text_says():
    summary = summarise(fit(PLAIN.source), target="died")
    reader = Reader()
    reader.feed(summary._repr_html_())
    assert not reader.open
    said = " ".join(reader.said)
    for word in ("died", "x0", "odds ratio", "Converged.", "std. error"):
        assert word in said
        assert word in str(summary)


def test_names_are_text_and_never_tags():
    source = as_source(PLAIN.X[:, :1], PLAIN.y, names=["<script>alert(1)</script>"])
    html = summarise(fit(source), target="a < b & c")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
