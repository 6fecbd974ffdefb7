"""``omnigan score`` on files of every first-party domain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile
import torch
from PIL import Image
from safetensors.torch import load as tensors

import omnigan
from omnigan.cli import main
from omnigan.domain import Batch
from omnigan.sampling import load
from omnigan.scoring.critic import critic_of

TinyRun = Callable[[str], tuple[Path, Path]]


@pytest.mark.parametrize("domain", ["audio", "image", "music", "text"])
def test_files_of_every_domain_are_scored(
    domain: str, tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, data = tiny_run(domain)
    files = sorted(path for path in data.rglob("*.*") if path.is_file())[:3]
    broken, missing = tmp_path / "broken.bin", tmp_path / "missing"
    broken.write_bytes(b"\x00\xff nothing that anybody reads \xff")
    words = ["score", run, *files, broken, missing, "--samples", "16", "--out", tmp_path / "out"]
    assert main([str(word) for word in [*words, "--json"]]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["file"] for each in told["files"]} == {str(file) for file in files}
    found = [each["logit"] for each in told["files"]]
    assert found == sorted(found, reverse=True)
    assert all(0 < each["probability"] < 1 for each in told["files"])
    assert {each["file"] for each in told["unreadable"]} == {str(broken), str(missing)}
    assert told["trial"]["tested"] == 8
    for name in ("reliability.png", "logits.png"):
        with Image.open(tmp_path / "out" / name) as picture:
            picture.verify()
    assert json.loads((tmp_path / "out" / "scores.json").read_text())["files"] == told["files"]

    # A score does not depend on what else is scored, nor on the order.
    turned = omnigan.score(run, files[::-1], samples=16)
    alone = omnigan.score(run, files[-1:], samples=16)
    by_file = {each["file"]: (each["logit"], each["probability"]) for each in told["files"]}
    for each in (*turned.files, *alone.files):
        assert (each.logit, each.probability) == by_file[each.file]


def test_a_file_of_the_run_gets_the_score_that_the_critic_gives_its_example(
    tiny_run: TinyRun,
) -> None:
    run, _ = tiny_run("image")
    domain = load(run).domain
    checkpoint = max((run / "checkpoints").iterdir())
    network = domain.discriminator().eval()
    weights = (checkpoint / "discriminator.safetensors").read_bytes()
    network.load_state_dict(tensors(weights))
    image = next((Path(domain.config.data.model_dump()["source"]) / "light").glob("*.png"))
    x = torch.from_numpy(np.array(Image.open(image))).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        by_label = [
            float(network(x, **domain.condition(label, 1)).mean()) for label in ("dark", "light")
        ]
    told = [
        omnigan.score(run, [image], label=label, samples=16).files[0].logit
        for label in ("dark", "light", None)
    ]
    assert told == pytest.approx([*by_label, max(by_label)], abs=1e-5)


def test_a_long_file_is_scored_part_by_part(tiny_run: TinyRun, tmp_path: Path) -> None:
    run, data = tiny_run("music")
    parts = []
    piece = pretty_midi.PrettyMIDI(str(data / "0.mid"))
    for first in range(0, 32, 2):  # a bar of 4/4 has two seconds
        part = pretty_midi.PrettyMIDI()
        track = pretty_midi.Instrument(0, name="Lead")
        for note in piece.instruments[0].notes:
            if first - 0.01 < note.start < first + 1.99:
                track.notes.append(
                    pretty_midi.Note(80, note.pitch, note.start - first, note.end - first)
                )
        part.instruments.append(track)
        part.write(str(tmp_path / f"{first:02}.mid"))
        parts.append(tmp_path / f"{first:02}.mid")
    scores = omnigan.score(run, [data / "0.mid", *parts], samples=16)
    by_file = {Path(each.file).name: each for each in scores.files}
    whole = by_file.pop("0.mid")
    assert whole.examples == len(whole.parts) == 16
    alone = [by_file[name].logit for name in sorted(by_file)]
    assert list(whole.parts) == pytest.approx(
        alone, abs=1e-6
    )  # kernels differ in the last bit between rows
    assert whole.logit == pytest.approx(np.mean(alone))


def test_of_a_very_long_file_some_parts_are_scored(tiny_run: TinyRun, tmp_path: Path) -> None:
    run, data = tiny_run("text")
    lines = (data / "texts.txt").read_text().splitlines()
    (tmp_path / "long.txt").write_text("\n".join(lines * 6))
    scores = omnigan.score(run, [tmp_path / "long.txt"], samples=16)
    assert (scores.files[0].examples, len(scores.files[0].parts)) == (600, 256)
    assert "256 of 600" in scores.table()


def test_a_pitch_that_the_critic_is_told_is_heard_in_the_file(tiny_run: TinyRun) -> None:
    run, data = tiny_run("audio")
    domain = load(run).domain
    files = sorted(data.glob("*.wav"))[:8]
    x = torch.cat([domain.read_file(file) for file in files])
    wanted = [int(file.stem.partition("-")[2]) for file in files]
    assert domain.conditions_of(x, None)["pitch"].tolist() == wanted
    wave, rate = soundfile.read(files[0])
    assert rate == 4000
    noise = torch.randn(1, 1, len(wave), generator=torch.Generator().manual_seed(0))
    pitch = domain.conditions_of(noise, None)["pitch"]
    assert int(pitch) in range(50, 58)  # none of the sounds is without a pitch


def test_examples_are_judged_one_by_one(
    tiny_run: TinyRun,
) -> None:
    run, _ = tiny_run("text")
    trained = load(run)
    critic = critic_of(run, trained)
    source = trained.domain.source("valid")
    x = torch.stack([source.read(place, torch.Generator()).x for place in range(21)])
    together = critic.logits(Batch(x))
    one_by_one = torch.cat([critic.logits(Batch(each[None])) for each in x])
    torch.testing.assert_close(together, one_by_one, rtol=0, atol=1e-6)
    assert len(critic.logits(Batch(x[:0]))) == 0
