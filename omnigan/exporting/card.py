"""``README.md`` of an export: a model card, with front matter as the Hugging Face Hub reads it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from omnigan import __version__
from omnigan.exporting.facts import Facts, Scores
from omnigan.exporting.model_index import model_index
from omnigan.recipe.schema import Recipe
from omnigan.wording import unnamed

if TYPE_CHECKING:
    from omnigan.exporting.onnx.check import Difference

__all__ = ["Card"]

MOST_LABELS = 30

LIMITS = """\
Made for trying out, for making material that a person looks through, and for study. What the model
makes resembles what it was trained on, with its errors, gaps and tastes; ask yourself whether the
rights to that data allow what you want to do. It knows nothing else, and what it makes is invented:
it is no record of anything. It may repeat training examples, or parts of them. Nobody has tested it
for uses in which a mistake does harm."""


@dataclass(frozen=True)
class Card:
    """What a card says.

    Attributes:
        name: The model's.
        domain: The name of its domain.
        pipeline: The Hub's name of its task, if there is one.
        packages: What to install.
        licence: The Hub's name of a licence, or None: the card then names none.
        step: Steps behind the weights.
        dtype: What they are stored as.
        parameters: How many numbers they are.
        labels: What can be asked for.
        needs_file: Whether it works on a file of the user's, and makes nothing without one.
        samples: Files of the sample folder, relative to the card.
        facts: What the run says.
        difference: How far the ONNX model is from the network; None: there is no such model.
        page: Whether the folder is a web page, which has neither weights nor samples.
        headlines: The metrics that stand for all others.
    """

    name: str
    domain: str
    pipeline: str | None
    packages: Sequence[str]
    licence: str | None
    step: int
    dtype: str
    parameters: int
    labels: Sequence[str]
    needs_file: bool
    samples: Sequence[str]
    facts: Facts
    difference: Difference | None = None
    page: bool = False
    headlines: Collection[str] = ()

    def text(self) -> str:
        """Return the whole card."""
        sections = {
            "": self._opening(),
            "How to use it": self._use(),
            "Samples": self._samples(),
            "Training data": _data(self.facts.data),
            "Training": _training(self.facts.recipe, self.step),
            "How good it is": _scores(self.facts.scores, self.step, self.dtype),
            "Intended use and limits": LIMITS,
        }
        parts = [f"## {title}\n\n{text}" if title else text for title, text in sections.items()]
        return f"---\n{self._front_matter()}---\n\n" + "\n\n".join(parts) + "\n"

    def _front_matter(self) -> str:
        values: dict[str, Any] = {
            "library_name": "omnigan",
            "tags": ["omnigan", "gan", self.domain.rpartition(":")[2]],
        }
        if self.pipeline:
            values["pipeline_tag"] = self.pipeline
        if self.licence:
            values["license"] = self.licence
        scores = self.facts.scores
        if scores is not None and scores.step == self.step:
            task = self.pipeline or "other"
            index = model_index(self.name, task, scores, self.dtype, self.headlines)
            values |= {"model-index": index} if index else {}
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)

    def _opening(self) -> str:
        return (
            f"# {_plain(self.name)}\n\n"
            f"A generator of the domain `{self.domain}`, trained with omnigan {__version__}: the "
            f"moving average of its weights after {self.step:,} steps, {self.parameters:,} "
            f"numbers stored as {self.dtype}."
        )

    def _use(self) -> str:
        if self.page:
            return PAGE
        drawn = "--count 4 --seed 1"
        arguments, options, words = (
            ('1, wishes=["my-file"]', "--condition my-file", "my-file")
            if self.needs_file
            else ("4, seed=1", drawn, drawn)
        )
        install = f"```sh\npip install {' '.join(self.packages)}\n```"
        python = (
            '```python\nimport omnigan\ngenerator = omnigan.load("path/to/this/folder")\n'
            f"samples = generator.sample({arguments})\n```"
        )
        shell = f"```sh\nomnigan sample path/to/this/folder {options} --out samples\n```"
        parts = [install, "In Python:", python, "On the command line:", shell]
        if self.needs_file:
            parts.append("`my-file` is a file of yours, which the generator works on.")
        if self.labels:
            shown = ", ".join(f"`{_code(label)}`" for label in self.labels[:MOST_LABELS])
            more = len(self.labels) - MOST_LABELS
            more_said = f" and {more} more" if more > 0 else ""
            parts.append(f"Add `label=` or `--label` to ask for one of {shown}{more_said}.")
        if self.difference is not None:
            parts.append(_without_us(self.difference, words))
        return "\n\n".join(parts)

    def _samples(self) -> str:
        if self.page:
            return "The page makes them."
        if not self.samples:
            return (
                "There are none here: this generator works on an input, which was not at hand when "
                "it was exported."
            )
        files = "\n".join(f"- [{_plain(name)}](<{name}>)" for name in self.samples)
        shrunk = any(name.endswith(".mp3") for name in self.samples)
        also = " Sounds are MP3 here; `omnigan sample` writes WAV." if shrunk else ""
        return f"Not chosen: what the seed 0 gives.{also}\n\n{files}"


PAGE = """\
Open `index.html` in a browser. Everything happens there: the folder needs no server, and sends
nothing anywhere. To publish it, put the whole folder on any web server."""


def _without_us(difference: Difference, words: str) -> str:
    """Return how to use an ONNX model, and how far it is from the network.

    Args:
        difference: Of the two.
        words: What its example is called with.
    """
    undecided = (
        f", {difference.undecided} left out because they are undecided to within rounding"
        if difference.undecided
        else ""
    )
    return (
        "Without omnigan, `model.onnx` runs in onnxruntime. `example.py` shows how, and "
        "`generator.json` says all that a program needs to know:\n\n"
        f"```sh\npip install numpy onnxruntime\npython example.py {words}\n```\n\n"
        f"The model's numbers differ from the network's by at most {difference.maximum:.2g} "
        f"({difference.examples} examples{undecided})."
    )


def _data(data: Any) -> str:
    sentences = data.get("summary")
    # Cards are made to be published, and names of files are nobody's business.
    found = [unnamed(str(each)) for each in sentences] if isinstance(sentences, list) else []
    if "preprocessing" in data:
        found.append(f"Preprocessing: {str(data['preprocessing']).rstrip('.')}.")
    return "\n".join(f"- {_plain(each)}" for each in found) or "Nothing is recorded."


def _training(recipe: Recipe, step: int) -> str:
    train = recipe.train
    steps = f"{step:,} of {train.total_steps():,} steps"
    facts = {
        "domain": recipe.domain,
        "steps": f"{steps}, {step * train.batch_size:,} examples seen",
        "batch size": str(train.batch_size),
        "objective": train.objective,
    }
    if train.objective == "adversarial":
        facts["loss"] = train.loss
        facts["penalties"] = ", ".join(train.penalties) or "none"
    facts["seed"] = str(recipe.seed)
    return _table(("", ""), list(facts.items()))


def _scores(scores: Scores | None, step: int, dtype: str) -> str:
    if scores is None:
        return "It was not evaluated while it was trained; `omnigan evaluate` does it."
    values = scores.values
    if not values["rows"]:
        return "Too few examples were held out to evaluate it."
    whose = "These weights" if scores.step == step else f"The weights of step {scores.step:,}"
    rounded = scores.step == step and dtype != "fp32"
    when = f", before they were rounded to {dtype}," if rounded else ""
    rows = [
        (
            f"{row['metric']} {row['part']}".rstrip(),
            _number(row["value"]),
            _number(row["floor"]),
            row["better"],
            f"`{_code(row['provenance'])}`",
        )
        for row in values["rows"]
    ]
    sources = [
        (f"`{_code(key)}`", *(_plain(str(source.get(name, ""))) or "-" for name in _SOURCE))
        for key, source in values["provenances"].items()
    ]
    return "\n\n".join(
        [
            f"{whose} were evaluated{when} on {values['samples']} samples. The floor is the same "
            "measure of real data: what a perfect model would get. Where better says match, the "
            "floor is best. Compare only scores of the same provenance.",
            _table(("metric", "generated", "floor", "better", "provenance"), rows),
            "Where they come from:",
            _table(("provenance", *_SOURCE.values()), sources),
        ]
    )


_SOURCE = {
    "extractor": "features",
    "preprocessing": "preprocessing",
    "reference": "reference split",
    "reference_count": "reference examples",
    "samples": "samples",
    "seed": "seed",
    "version": "omnigan",
}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """Return text that may stand between backticks in a table."""
    return re.sub(r"[`|\s]+", " ", text)
