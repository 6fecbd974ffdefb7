"""No text gets out of its place in a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnigan.report.markup import Markup, data_block, join, tag

PLAIN = st.text(st.characters(exclude_categories=("Cc", "Cs")))
Parse = Callable[[str], Any]


@pytest.fixture(scope="module")
def nasty() -> list[str]:
    return [
        "</script><img src=x onerror=alert(1)>",
        '" onload="alert(1)',
        "' onload='alert(1)",
        "<!-- ]]> --> &lt;b&gt;",
        "</p></pre></textarea></title></style>",
    ]


def test_hostile_text_stays_text(parse: Parse, nasty: list[str]) -> None:
    for text in nasty:
        page = parse(tag("p", text, title=text))
        assert page.elements == [("p", {"title": text})]
        assert page.words == text


@given(PLAIN)
def test_every_text_comes_back(text: str) -> None:
    from html import unescape

    made = tag("p", text)
    assert made.startswith("<p>")
    assert made.endswith("</p>")
    inner = made[3:-4]
    assert "<" not in inner
    assert '"' not in inner
    assert unescape(inner) == text


def test_markup_is_left_alone_and_attributes_are_named() -> None:
    inner = tag("b", "1 < 2")
    assert tag("p", inner, " & ", class_="x", aria_label="y", hidden=True, id=None) == (
        '<p class="x" aria-label="y" hidden><b>1 &lt; 2</b> &amp; </p>'
    )
    assert tag("br") == "<br>"
    assert join("<", Markup("<br>"), between="|") == "&lt;|<br>"


def test_what_no_page_may_hold_is_replaced() -> None:
    assert tag("p", "a\x00b\x1b[31m\udcff\tc\n") == "<p>a\ufffdb\ufffd[31m\ufffd\tc\n</p>"


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()))
def test_a_block_of_data_is_not_left_early(values: dict[str, Any]) -> None:
    values["x"] = "</script><!--<script>"
    block = data_block(json.dumps(values), "it")
    start, end = '<script type="application/json" id="it">', "</script>"
    inside = block.removeprefix(start).removesuffix(end)
    assert "<" not in inside
    assert json.loads(inside) == values
