"""Every link between pages, and to a place within one, leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def broken(text: str, path: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    found = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


def test_links(page: Any) -> None:
    assert broken(page.text, page.path) == []


@pytest.mark.parametrize(
    ("link", "count"),
    [("a.md", 0), ("b.md", 1), ("a.md#one-two", 0), ("#one-two", 0), ("#three", 1), ("http:x", 0)],
)
def test_a_broken_link_is_found(link: str, count: int, tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(f"# One two!\n[x]({link})\n```\n# three\n```\n")
    assert len(broken(page.read_text(), page)) == count
