"""Every block of Python, shell and YAML in the documentation is run, or checked as it stands."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
import yaml

import omnigan
from omnigan.cli import main
from omnigan.cli.app import app
from omnigan.recipe.load import load_recipe

# The domain of a page's recipes, where they do not say it.
DOMAINS = {"image": "image", "audio": "audio", "text": "text"}
# Commands that run in well under a second, or do with the options behind them.
CHEAP = {
    "augment": ["--per-class", "1"],
    "domains": [],
    "evaluate": ["--samples", "8", "--features", "domain"],
    "export": [],
    "interpolate": ["--frames", "1"],
    "invert": ["--steps", "1"],
    "new-domain": [],
    "recipes": [],
    "report": [],
    "sample": ["--count", "2"],
    "score": ["--samples", "16"],
}
# Words of commands that take long, need the network or belong to the tutorial's own test.
FOREIGN = ("--format", "--temperatures", "hub:", "table", "runs/table")


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every omnigan command of a shell block, without prompts and comments."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            if words[0] == "omnigan":
                yield words[1:end]
            elif "torchrun" in words[:end]:
                yield words[words.index("omnigan") + 1 : end]
            words = words[end + 1 :]


def parse(words: list[str]) -> None:
    """Let the real command line read a command without running it."""
    group = typer.main.get_command(app)
    waiting: list[Any] = [group]
    while waiting:
        command = waiting.pop()
        command.callback = lambda **options: None
        waiting.extend(getattr(command, "commands", {}).values())
    group.main(args=words, prog_name="omnigan", standalone_mode=False)


def prepare(words: list[str], world: Any) -> None:
    """Make what a command is about: runs, and files of the user's own."""
    for word in words:
        if word.startswith("runs/"):
            world.run(word.partition("/")[2].partition("/")[0])
        if word in ("my.wav", "my-digit.png"):
            domain = {".wav": "audio", ".png": "image"}[Path(word).suffix]
            shutil.copy(next(world.data(domain).rglob(f"*{Path(word).suffix}")), word)
        if word == "mel.npy":
            bands = omnigan.load(words[0]).domain.mel.bands
            np.save(word, np.full((bands, 20), -5.0))


@pytest.mark.slow
def test_shell(page: Any, world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = next((b.text for b in page.blocks if "domain:" in b.text and b.language == "yaml"), "")
    Path("my.yaml").write_text(recipe, encoding="utf-8")
    for block in page.blocks:
        for words in commands(block.text) if block.language in ("sh", "console") else ():
            parse(words)
            name, *rest = words
            if name in ("train", "check") and not rest[0].startswith(FOREIGN):
                load_recipe(rest[0], [word for word in rest[1:] if "=" in word and word[0] != "-"])
            if block.runs and name in CHEAP and not any(w.startswith(FOREIGN) for w in rest):
                prepare(rest, world)
                status = main([*words, *(CHEAP[name] if rest else [])])
                assert status == 0, (words, capsys.readouterr().err)


@pytest.mark.slow
def test_python(page: Any, world: Any, tmp_path: Path) -> None:
    """Run each block by itself with ``exec``, in this process and in the small world.

    That nothing is raised is all that is seen: results and prints are compared with nothing, and
    ``omnigan.train`` trains for two steps, whatever the block says.
    """
    for block in page.blocks:
        if block.language == "python" and not block.title and block.runs:
            prepare(block.text.split('"'), world)
            exec(compile(block.text, str(page.path), "exec"), {"__name__": "page"})


def test_yaml(page: Any) -> None:
    for block in page.blocks:
        if block.language == "yaml" and not block.title:  # those with a title: test_tutorial.py
            values = yaml.safe_load(block.text)
            assert load_recipe({"domain": DOMAINS.get(page.path.stem, "music"), **values})
