"""report.html: one page that holds all it needs, in which nothing that a target said is markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile_reports import SAID, hostile_document
from threadmock.contracts.reporting.html_report import MOST_OF_A_FIELD, MOST_SHOWN, Texts, html_report, shown

DOCUMENT = hostile_document()
PAGE = html_report(DOCUMENT)


class Tags(HTMLParser):
    """The elements of a page, each with its attributes; and that each is closed where it has to be."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open, self.texts = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_has_the_elements_of_ours_and_no_other():
    tags = Tags(PAGE)
    assert tags.open == []
    assert {tag for tag, _ in tags.found} <= {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "p",
        "span",
        "b",
        "nav",
        "main",
        "section",
        "h2",
        "form",
        "label",
        "input",
        "select",
        "option",
        "button",
        "details",
        "summary",
        "div",
        "dl",
        "dt",
        "dd",
        "h3",
        "pre",
        "table",
        "thead",
        "tr",
        "th",
        "td",
        "tbody",
        "br",
        "footer",
        "script",
    }
    assert sum(tag == "script" for tag, _ in tags.found) == 2
    assert sum(tag == "details" for tag, _ in tags.found) == len(SAID)
    for _, attributes in tags.found:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "srcset", "style")}
        assert attributes.get("href", "#").startswith("#")


def test_the_page_is_of_ascii_characters_and_spells_out_what_steers_a_reader():
    assert PAGE.isascii()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", PAGE)
    for spelled in ("\\u2028", "\\ud800", "\\u202e", "\\x00", "\\x1b"):
        assert spelled in PAGE


def test_the_policy_lets_the_one_script_and_the_one_style_be_and_nothing_else():
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', PAGE)[1]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag, kind in (("script", "script-src"), ("style", "style-src")):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_a_body_of_a_megabyte_is_cut_and_the_page_stays_small():
    assert "x" * (MOST_SHOWN + 10) not in PAGE.split('<script type="application/json"')[0]
    assert "more characters, in report.json" in PAGE
    assert len(PAGE) < 2_000_000


@given(st.text())
def test_any_text_is_text(said):
    tags = Tags(f"<p>{shown(said)}</p>")
    assert [tag for tag, _ in tags.found] == ["p"]
    assert tags.open == []


@given(st.lists(st.text(st.characters(codec=None)), max_size=4))
def test_what_is_to_be_copied_is_kept_to_the_letter_and_ends_no_script(said):
    texts = Texts()
    for each in said:
        texts.button(each, "it")
    assert "<" not in texts.as_json()
    assert texts.as_json().isascii()
    assert json.loads(texts.as_json()) == said


def test_a_report_of_nothing_says_so():
    page = html_report({**DOCUMENT, "findings": [], "crashes": []})
    assert "Nothing was found." in page
    assert "<form" not in page


@pytest.mark.parametrize("part", ["headline", "expected", "got", "check"])
def test_each_finding_is_told_with_what_it_says(part):
    text = "".join(Tags(PAGE).texts)
    harmless = [each for each in DOCUMENT["findings"] if each[part].isascii() and each[part].isprintable()]
    assert harmless
    assert all(each[part][:MOST_OF_A_FIELD] in text for each in harmless)
