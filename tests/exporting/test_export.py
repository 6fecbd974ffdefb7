"""An export gives what its run gives, says where it comes from, and is whole or not there."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

import omnigan
from omnigan.errors import OmniganError, UserError
from omnigan.evaluation.identity import other_data
from omnigan.exporting.card import Card
from omnigan.sampling import Trained
from omnigan.wording import named


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def front_matter(folder: Path) -> Any:
    _, front, rest = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert rest.startswith("\n# ")
    return yaml.safe_load(front)


def test_an_export_gives_the_samples_of_its_run(run: Path, exported: Path) -> None:
    before, after = omnigan.load(run), omnigan.load(exported)
    assert after.step == before.step == 4
    assert after.domain.config == before.domain.config
    for seed, label in ((0, None), (7, "mode-3")):
        first, second = before.generate(20, seed, label), after.generate(20, seed, label)
        assert torch.equal(first.x, second.x)
        assert torch.equal(first.cond["label"], second.cond["label"])


def test_an_export_holds_no_more_than_it_says(exported: Path) -> None:
    samples = [f"samples/{path.name}" for path in (exported / "samples").iterdir()]
    assert samples
    assert files(exported) == sorted(["README.md", "config.json", "model.safetensors", *samples])
    assert (exported / "model.safetensors").read_bytes()[8:9] == b"{"  # no pickle begins so
    again = exported / "again"
    trained = omnigan.load(exported)
    trained.render(trained.generate(8, 0).x, again)
    for name in samples:
        assert (again / Path(name).name).read_bytes() == (exported / name).read_bytes()


def test_a_domain_may_add_files_that_nothing_reads(
    run: Path, mixture: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def add(name: str) -> None:
        given = {name: b"for others"}
        monkeypatch.setattr(mixture.MixtureDomain, "assets", lambda self: given, raising=False)

    add("tokenizer.json")
    out = omnigan.export(run, tmp_path / "model")
    assert (out / "tokenizer.json").read_bytes() == b"for others"
    (out / "tokenizer.json").write_bytes(b"{" * 99)
    assert omnigan.load(out).step == 4
    for name in ("config.json", "README.MD", "../up.json", "a/b.json", ".hidden", "samples"):
        add(name)
        with pytest.raises(OmniganError, match="cannot name a file of its own"):
            omnigan.export(run, tmp_path / "refused")
        assert not (tmp_path / "refused").exists()


def test_the_average_is_exported_and_not_the_newest_weights(run: Path, exported: Path) -> None:
    stored = load_file(exported / "model.safetensors")
    folder = run / "checkpoints" / "step-00000004"
    average = load_file(folder / "ema.safetensors")
    newest = load_file(folder / "generator.safetensors")
    assert stored.keys() == average.keys()
    assert all(torch.equal(stored[name], average[name]) for name in stored)
    assert not all(torch.equal(stored[name], newest[name]) for name in stored)


def test_bf16_weights_are_rounded_and_used_in_float32(
    run: Path, exported: Path, tmp_path: Path
) -> None:
    half = omnigan.export(run, tmp_path / "half", dtype="bf16")
    stored = load_file(half / "model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.bfloat16}
    whole = load_file(exported / "model.safetensors")
    loaded = omnigan.load(half).network.state_dict()
    for name, value in loaded.items():
        assert value.dtype is torch.float32
        # Eight significant bits, rounded to the nearest.
        assert bool(((value - whole[name]).abs() <= whole[name].abs() * 2**-8).all())
    assert any(not torch.equal(loaded[name], whole[name]) for name in whole)
    card = (half / "README.md").read_text()
    assert "These weights were evaluated, before they were rounded to bf16, on 20 samples." in card


def test_the_best_weights_or_one_checkpoint_can_be_exported(run: Path, tmp_path: Path) -> None:
    best = omnigan.export(run, tmp_path / "best", best=True)
    expected = omnigan.load(run, best=True)
    assert omnigan.load(best).step == expected.step
    assert torch.equal(omnigan.load(best).generate(5).x, expected.generate(5).x)
    first = min((run / "checkpoints").iterdir())
    one = omnigan.load(omnigan.export(first, tmp_path / "one"))
    assert torch.equal(one.generate(5).x, omnigan.load(first).generate(5).x)
    with pytest.raises(UserError, match="no best ones"):
        omnigan.load(best, best=True)


def test_an_export_knows_the_examples_of_its_run(
    run: Path, exported: Path, mixture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert other_data(omnigan.load(exported)) == ""
    begin = mixture.Points.__init__

    def moved(self: Any, *given: Any) -> None:
        begin(self, *given)
        self.x = self.x + 0.5

    monkeypatch.setattr(mixture.Points, "__init__", moved)
    said = f"The training and held-out examples are others than when {exported} was trained"
    assert other_data(omnigan.load(exported)).startswith(said)
    config = json.loads((exported / "config.json").read_text())
    for known, told in (
        ({"train": config["examples_sha256"]["train"]}, "The training examples are others"),
        ({"valid": config["examples_sha256"]["valid"]}, "The held-out examples are others"),
    ):
        (exported / "config.json").write_text(json.dumps(config | {"examples_sha256": known}))
        assert other_data(omnigan.load(exported)).startswith(told)
    del config["examples_sha256"]  # as an earlier version would have written it
    (exported / "config.json").write_text(json.dumps(config))
    assert other_data(omnigan.load(exported)) == ""


# ---- the card ----------------------------------------------------------------------------------


def test_the_card_has_the_front_matter_of_the_hub(run: Path, exported: Path) -> None:
    front = front_matter(exported)
    assert [front["library_name"], front["tags"]] == ["omnigan", ["omnigan", "gan", "mixture"]]
    assert front.keys() == {"library_name", "tags", "model-index"}
    licensed = omnigan.export(run, exported.parent / "licensed", licence="cc-by-4.0: 'yes'\n- no")
    assert front_matter(licensed)["license"] == "cc-by-4.0: 'yes'\n- no"


def test_the_hub_reads_the_scores(run: Path, exported: Path, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard, ModelCardData

    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    [*_, last] = [line["evaluation"] for line in lines if "evaluation" in line]
    rows = {row["metric"]: row for row in last["rows"]}
    card = ModelCard.load(exported / "README.md")  # as the Hub's own library reads it
    assert isinstance(card.data, ModelCardData)
    assert card.data.model_name == "whole"
    results = {each.metric_type: each for each in card.data.eval_results or []}
    assert {"frechet-distance", "precision", "recall"} <= results.keys()
    found, row = results["frechet-distance"], rows["Frechet distance"]
    assert found.metric_value == row["value"]
    assert found.metric_name == (
        f"Frechet distance (real data {row['floor']:.4g}, lower is better)"
    )
    assert found.metric_args is not None
    assert found.metric_args["floor"] == row["floor"]
    assert found.metric_args["provenance"] == row["provenance"]
    assert found.metric_args["samples"] == 20
    assert yaml.safe_load(card.data.to_yaml()) == front_matter(exported)

    half = ModelCard.load(omnigan.export(run, tmp_path / "half", dtype="bf16") / "README.md")
    weights = {each.metric_args["weights"] for each in half.data.eval_results}
    assert weights == {"before they were rounded to bf16"}
    first = omnigan.export(min((run / "checkpoints").iterdir()), tmp_path / "first")
    assert "model-index" not in front_matter(first)  # which was not evaluated


def test_the_card_tells_the_scores_of_these_weights(run: Path, exported: Path) -> None:
    text = (exported / "README.md").read_text()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    last = [line["evaluation"] for line in lines if "evaluation" in line][-1]
    row = next(row for row in last["rows"] if row["metric"] == "Frechet distance")
    cells = ["Frechet distance", f"{row['value']:.4g}", f"{row['floor']:.4g}", row["better"]]
    assert f"| {' | '.join(cells)} | `{row['provenance']}` |" in text
    assert f"\n| `{row['provenance']}` | " in text
    assert "These weights were evaluated on 20 samples." in text
    assert "| batch size | 8 |" in text
    assert "| loss | relativistic |" in text
    assert "pip install omnigan omnigan-mixture" in text
    assert "`mode-7`" in text


def test_the_card_says_when_the_scores_are_of_earlier_weights(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (run / "metrics.jsonl").read_text().splitlines()
    early = [line for line in lines if json.loads(line)["step"] < 4]
    for kept, said in ((early, "The weights of step 2 were evaluated"), ([], "was not evaluated")):
        journal = tmp_path / f"{len(kept)}.jsonl"
        journal.write_text("".join(f"{line}\n" for line in kept))
        monkeypatch.setattr(
            "omnigan.exporting.write.read_facts", lambda folder, step, at=journal: facts(folder, at)
        )
        out = omnigan.export(run, tmp_path / f"export-{len(kept)}")
        assert said in (out / "README.md").read_text()


def test_the_card_has_no_empty_table_of_scores(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "empty.jsonl"
    evaluation = {"rows": [], "provenances": {}, "samples": 20}
    journal.write_text(json.dumps({"step": 2, "evaluation": evaluation}))
    monkeypatch.setattr(
        "omnigan.exporting.write.read_facts", lambda folder, step: facts(folder, journal)
    )
    card = (omnigan.export(run, tmp_path / "export") / "README.md").read_text()
    assert "Too few examples were held out to evaluate it." in card
    assert "| metric |" not in card


def facts(folder: Any, journal: Path) -> Any:
    from omnigan.exporting.facts import read_facts

    folder.metrics = journal
    return read_facts(folder, 4)


def test_what_the_data_is_called_cannot_break_the_card(
    run: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "a|b<script>\n# *c*_d_`e`"
    changes = {"labels": [name], "name": name}
    make = Card.__init__

    def other(self: Card, **values: Any) -> None:
        make(self, **{**values, **changes})

    monkeypatch.setattr(Card, "__init__", other)
    text = (omnigan.export(run, exported.parent / "odd") / "README.md").read_text()
    assert "# a\\|b\\<script\\> \\# \\*c\\*\\_d\\_\\`e\\`\n" in text
    assert "`a b<script> # *c*_d_ e `" in text


def test_the_card_names_no_files(run: Path, exported: Path) -> None:
    for name in ("photo of me.jpg", "my, (own) song.mid"):
        files = [(name, "it is damaged"), *[("other", f"as {name}")] * 4]
        before = (run / "data.json").read_bytes()
        report = {"summary": [f"Unreadable: {named(files, 'image')}.", "Images: 3 to train on."]}
        (run / "data.json").write_text(json.dumps(report))
        try:
            text = (omnigan.export(run, exported.parent / name[:2]) / "README.md").read_text()
        finally:
            (run / "data.json").write_bytes(before)
        assert "\n- Unreadable: 5 images.\n- Images: 3 to train on.\n" in text
        assert name not in text


# ---- whole or not there ------------------------------------------------------------------------


def test_a_folder_that_is_not_empty_is_refused(run: Path, exported: Path, tmp_path: Path) -> None:
    before = files(exported)
    with pytest.raises(UserError, match=r"export is not empty\. Name a folder that does not exist"):
        omnigan.export(run, exported)
    assert files(exported) == before
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="file is a file"):
        omnigan.export(run, tmp_path / "file")
    with pytest.raises(UserError, match="cannot write to"):
        omnigan.export(run, tmp_path / "file" / "below")
    with pytest.raises(UserError, match="export is an export already"):
        omnigan.export(exported, tmp_path / "again")
    with pytest.raises(UserError, match=r"dtype must be 'fp32' or 'bf16', not 'bf17'\. Did you"):
        omnigan.export(run, tmp_path / "again", dtype="bf17")  # type: ignore[arg-type]
    (tmp_path / "empty").mkdir()
    assert omnigan.load(omnigan.export(run, tmp_path / "empty")).step == 4


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OmniganError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_an_export_that_fails_leaves_nothing(
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: BaseException,
    told: type[BaseException],
) -> None:
    def fail(*_: object) -> None:
        assert list(tmp_path.iterdir())  # there is something to clean up
        raise failure

    monkeypatch.setattr(Trained, "render", fail)
    with pytest.raises(told):
        omnigan.export(run, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_domain_whose_export_could_not_be_read_is_told_so(
    run: Path, mixture: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build: Callable[..., torch.nn.Module] = mixture.MixtureDomain.generator

    def peeks(self: object) -> torch.nn.Module:
        network = build(self)
        next(network.parameters()).sum().item()  # which a network without storage does not have
        return network

    monkeypatch.setattr(mixture.MixtureDomain, "generator", peeks)
    with pytest.raises(OmniganError, match="The domain 'mixture' cannot be exported"):
        omnigan.export(run, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
