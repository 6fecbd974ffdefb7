"""The part of the page that shows samples by step, with real examples beside them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from omnigan.report.markup import Markup, join, tag
from omnigan.report.media import kind_of
from omnigan.report.samples import Group, Item, Look, Samples

__all__ = ["samples_section"]

_ORDER = "image", "audio", "text", "midi", "other"
TINY = 256
"""Pixels of a picture's width below which it is drawn with hard edges."""


def samples_section(samples: Samples, base: Path) -> Markup:
    """Return the section.

    Args:
        samples: What was chosen and embedded.
        base: The folder of all samples, relative to that of the page.
    """
    title = tag("h2", "Samples", id="samples")
    closest = _closest(samples, base)
    if not samples.looks:
        return join(title, tag("p", "There are no samples yet."), closest)
    *earlier, last = (_Drawn(look, samples.folder, base) for look in samples.looks)
    shown = tag("div", last.article(), id="stage")
    columns = [tag("section", tag("h3", "Generated"), shown)]
    if samples.real:
        real = _Drawn(samples.real, samples.folder, base)
        columns.append(tag("section", tag("h3", "Real examples"), real.article()))
    waiting = [tag("template", each.article(), class_="look") for each in earlier]
    return join(
        title,
        tag("p", "All steps from the same latent vectors. ", _left_out(samples), class_="quiet"),
        _slider(samples) if earlier else tag("p", f"Step {samples.looks[0].step}"),
        tag("div", *columns, class_="beside"),
        *waiting,
        closest,
    )


def _closest(samples: Samples, base: Path) -> Markup:
    """Return generated examples beside the training examples nearest to them."""
    if samples.closest is None:
        return Markup()
    drawn = _Drawn(samples.closest, samples.folder, base, "Closest pairs")
    says = "Generated, each with the training example nearest to it; two that are the same: a copy."
    return join(
        tag("h3", "Closest to training examples, last evaluation"),
        tag("p", says, class_="quiet"),
        drawn.article(),
    )


def _slider(samples: Samples) -> Markup:
    steps = [look.step for look in samples.looks]
    label = tag("label", "Step ", tag("output", steps[-1], id="shown", for_="step"), for_="step")
    slider = tag(
        "input",
        type="range",
        id="step",
        min=0,
        max=len(steps) - 1,
        value=len(steps) - 1,
        aria_valuetext=f"step {steps[-1]}",
        autocomplete="off",
    )
    earlier = tag(
        "button", "\N{LEFTWARDS ARROW}", id="earlier", type="button", aria_label="Earlier"
    )
    later = tag("button", "\N{RIGHTWARDS ARROW}", id="later", type="button", aria_label="Later")
    return tag("div", label, earlier, slider, later, class_="slider")


def _left_out(samples: Samples) -> str:
    """Say what the page does not hold."""
    said = []
    if len(samples.looks) < len(samples.steps):
        said.append(f"Shown are {len(samples.looks)} of {len(samples.steps)} steps.")
    items = [item for look in samples.looks for group in look.groups for item in group.items]
    links = sum(item.content is None and kind_of(item.path) != "other" for item in items)
    if any(item.content and item.content.smaller for item in items):
        said.append("Long sounds are smaller here: one channel, at a lower rate, as Vorbis.")
    if links:
        which = "1 file is" if links == 1 else f"{links} files are"
        said.append(
            f"{which} only linked to, which keeps this page small: the links work where the run "
            "folder is."
        )
    return " ".join(said)


class _Drawn:
    """A step, or the real examples."""

    def __init__(self, look: Look, folder: Path, base: Path, what: str = "Real examples") -> None:
        self.look, self.folder, self.base = look, folder, base
        self.what = what if look.step is None else f"Samples of step {look.step}"

    def article(self) -> Markup:
        overview = [
            self._item(i, "overview") for g in self.look.groups if not g.name for i in g.items
        ]
        examples = [self._example(group) for group in self.look.groups if group.name]
        more = self.look.more
        return tag(
            "article",
            *overview,
            tag("div", *examples, class_="examples") if examples else "",
            tag("p", f"and {more} more", class_="quiet") if more else "",
            data_step=self.look.step,
        )

    def _example(self, group: Group) -> Markup:
        ordered = sorted(group.items, key=lambda item: _ORDER.index(kind_of(item.path)))
        items = [self._item(item, f"example {group.name}") for item in ordered]
        return tag("div", tag("h4", f"Example {group.name}"), *items, class_="example")

    def _item(self, item: Item, which: str) -> Markup:
        content, name = item.content, item.path.name
        if content is None:
            return tag("p", tag("a", name, href=self._address(item.path)), class_="item")
        what = f"{self.what}, {which}"
        if content.kind == "text":
            shown = tag("pre", content.content, tabindex=0, role="region", aria_label=what)
        elif content.kind == "audio":
            shown = tag(
                "audio",
                controls=True,
                preload="metadata",
                src=Markup(content.content),
                aria_label=what,
            )
        elif content.kind == "midi":
            link = tag("a", name, href=Markup(content.content), download=name)
            return tag("p", "MIDI: ", link, class_="item")
        else:
            width, height = content.size or (None, None)
            tiny = "tiny" if width and width < TINY else None
            source = Markup(content.content)
            shown = tag("img", src=source, alt=what, width=width, height=height, class_=tiny)
        note = tag("figcaption", content.note) if content.note else ""
        return tag("figure", shown, note, class_="item")

    def _address(self, path: Path) -> str:
        return quote(os.fsencode(self.base / path.relative_to(self.folder)))
