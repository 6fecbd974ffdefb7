"""The text domain from files to texts: what it reads, writes, measures and is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from omnigan.density import ChunkedDensity
from omnigan.domain import Batch
from omnigan.engine.likelihood import likelihood_loss, over_tokens, require_density
from omnigan.engine.step import Adversaries
from omnigan.engine.stopping import LikelihoodWatch
from omnigan.errors import NoDensity, UserError
from omnigan.modelfile import read_domain, write_domain
from omnigan.recipe.schema import Train
from omnigan_text.config import TextConfig
from omnigan_text.domain import TextDomain
from omnigan_text.networks import TextGenerator
from omnigan_text.networks.language import lengths_of

Make = Callable[..., TextDomain]


def fresh(domain: TextDomain) -> TextGenerator:
    """Return a generator as training begins with it, in evaluation mode."""
    generator = domain.generator()
    domain.initialise(generator, domain.discriminator())
    assert isinstance(generator, TextGenerator)
    return generator.eval()


def written(domain: TextDomain, generator: nn.Module, count: int, **given: Tensor) -> Tensor:
    with torch.no_grad():
        x: Tensor = generator(**domain.latent(count, torch.Generator().manual_seed(0)), **given)
    return x


def all_of(domain: TextDomain, split: Any) -> Batch:
    source = domain.source(split)
    return Batch.stack([source.read(place, torch.Generator()) for place in range(len(source))])


# ---- from files to texts ---------------------------------------------------------------------


def test_lines_of_a_file_are_examples_and_come_back(made: Make) -> None:
    domain = made()
    assert domain.space.shape == (6,)  # five tokens and an end
    assert domain.space.symbols == 15
    texts = [*domain.objects(all_of(domain, "train").x), *domain.objects(all_of(domain, "valid").x)]
    assert sorted(texts) == sorted(
        Path(domain.config.data.source, "all.txt").read_text().split("\n")
    )
    assert domain.labels() == ()
    assert "80 texts from 1 file" in domain.describe()["summary"][0]


def test_a_fresh_generator_writes_texts_as_long_as_those_of_the_data(made: Make) -> None:
    domain = made(labelled=True)
    generator = fresh(domain)
    for label, length in (("long", 5), ("short", 4)):
        texts = written(domain, generator, 200, **domain.condition(label, 200))
        assert (lengths_of(texts) == length).float().mean() > 0.95
    words = {word for text in domain.objects(texts) for word in text.split()}
    assert {"red", "river", "snow", "sees"} <= words


def test_the_config_alone_is_enough_to_write(made: Make, tmp_path: Path) -> None:
    domain = made(labelled=True)
    kept = json.dumps(domain.config.model_dump(mode="json"))
    generator = fresh(domain)
    for path in (tmp_path / "texts").rglob("*.txt"):
        path.unlink()
    rebuilt = TextDomain(TextConfig.model_validate_json(kept))
    assert (rebuilt.space, rebuilt.language) == (domain.space, domain.language)
    assert list(rebuilt.labels()) == ["long", "short"]
    loaded = rebuilt.generator().eval()
    loaded.load_state_dict(generator.state_dict())
    label = torch.arange(20) % 2
    texts = rebuilt.objects(written(rebuilt, loaded, 20, label=label))
    assert texts == domain.objects(written(domain, generator, 20, label=label))
    assert rebuilt.read_file(_file(tmp_path, "red ball sees snow.")).x.tolist() == [
        *rebuilt.codec.rows(["red ball sees snow."]).tolist()
    ]


def _file(folder: Path, text: str) -> Path:
    path = folder / "mine.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tokenizer_for_other_software_writes_the_same_symbols(made: Make, tmp_path: Path) -> None:
    for kind in ("word", "character", "byte", "bpe"):
        domain = made(data={"tokenizer": {"kind": kind, "least": 1}})
        (tmp_path / "tokenizer.json").write_bytes(domain.assets()["tokenizer.json"])
        theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
        also = PreTrainedTokenizerFast.from_pretrained(tmp_path)
        texts = domain.objects(all_of(domain, "train").x)
        assert len(texts) > 60
        for text in texts:
            ids = domain.codec.encode(text)
            assert theirs.encode(text).ids == also(text)["input_ids"] == ids
            assert theirs.decode(ids) == also.decode(ids) == text
    assert not made("oracle").assets()


def test_a_vocabulary_without_some_of_the_models_words_is_refused(
    made: Make, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    write_domain(config, "text", made())
    values = json.loads(config.read_text())
    assert read_domain(config).space.symbols == 15
    vocabulary = json.loads(values["config"]["data"]["vocabulary"])
    words = vocabulary["model"]["vocab"]
    kept = {word: number for word, number in words.items() if number not in (3, 9)}
    vocabulary["model"]["vocab"] = kept
    values["config"]["data"]["vocabulary"] = json.dumps(vocabulary)
    config.write_text(json.dumps(values))
    complaint = r"config\.json: 'config': data\.vocabulary has 13 of the model's 15 symbols"
    with pytest.raises(UserError, match=complaint):
        read_domain(config)


def test_labels_are_those_of_the_folders(made: Make) -> None:
    domain = made(labelled=True)
    assert list(domain.labels()) == ["long", "short"]
    for split in ("train", "valid"):
        batch = all_of(domain, split)
        ends = [text.endswith(".") for text in domain.objects(batch.x)]
        assert ends == [label == 0 for label in batch.cond["label"].tolist()]
    assert domain.condition("short", 3)["label"].tolist() == [1, 1, 1]


def test_texts_become_files_and_an_overview_by_label(made: Make, tmp_path: Path) -> None:
    domain = made(labelled=True)
    rows = domain.codec.rows(["red ball sees snow.", "blue cloud meets rain"])
    single = [artifact.path.read_text() for artifact in domain.render(rows, tmp_path)]
    assert single == ["red ball sees snow.\n", "blue cloud meets rain\n"]
    (overview,) = domain.preview(rows, tmp_path)
    lines = overview.path.read_text().splitlines()
    expected = ["long:", "1  red ball sees snow.", "", "short:", "2  blue cloud meets rain"]
    assert lines == expected


def test_without_their_order_texts_have_no_headings(made: Make, tmp_path: Path) -> None:
    domain = made(labelled=True)
    rows = domain.codec.rows(["red ball sees snow.", "blue cloud meets rain"])
    for write in (domain.overview, domain.animate):
        (overview,) = write(rows, tmp_path)
        lines = overview.path.read_text().splitlines()
        assert lines == ["1  red ball sees snow.", "2  blue cloud meets rain"]


# ---- likelihood ------------------------------------------------------------------------------


def test_likelihood_is_that_of_the_generator_under_the_conditions(made: Make) -> None:
    domain = made(labelled=True, generator={"z": 3})
    generator, batch = fresh(domain), all_of(domain, "valid")
    found = domain.log_likelihood(generator, batch, torch.Generator().manual_seed(4))
    z = torch.randn(len(batch), 3, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(
        found, generator.get_submodule("").log_likelihood(batch.x, z, batch.cond["label"])
    )
    assert (found < 0).all()
    other = domain.log_likelihood(generator, batch, torch.Generator().manual_seed(5))
    assert not torch.equal(found, other)
    swapped = Batch(batch.x, {"label": 1 - batch.cond["label"]})
    unlike = domain.log_likelihood(generator, swapped, torch.Generator().manual_seed(4))
    assert (unlike < found - 1).all()  # no text of that label is as long


def test_training_tells_the_likelihood_that_evaluations_tell(made: Make) -> None:
    domain = made(labelled=True)  # texts of two lengths
    train = Train.model_validate({"steps": 10, "objective": "likelihood", "stopping": {}})
    assert train.stopping is not None
    torch.manual_seed(0)
    players = Adversaries(domain, train, 0, torch.device("cpu"))
    batch = all_of(domain, "valid")
    assert domain.tokens(batch.x).tolist() == (lengths_of(batch.x) + 1).tolist()
    density = ChunkedDensity(domain, players.average.eval(), torch.device("cpu"), {}, 0)
    score = domain.metrics()["held-out likelihood"].compute
    wanted = score(batch, batch, density)["nats a token"]
    watch = LikelihoodWatch(domain, train, train.stopping, 0)
    assert watch.look(players) == {"held_out_likelihood": pytest.approx(wanted)}
    loss, readings = likelihood_loss(domain, players.average, batch, torch.Generator())
    nats = over_tokens(readings)["likelihood_loss"]
    assert float(nats) == pytest.approx(wanted, rel=1e-5)
    padded = float(nats) * float(domain.tokens(batch.x).sum()) / batch.x.numel()
    assert float(loss) == pytest.approx(padded, rel=1e-5), "what is minimised counts every place"


def test_a_one_shot_generator_has_no_likelihood(made: Make) -> None:
    settings = {"num_hidden_layers": 1, "num_attention_heads": 1}
    domain = made(generator={"body": "one-shot", "transformer": settings})
    batch = all_of(domain, "valid")
    generator = domain.generator()
    with pytest.raises(NoDensity):
        domain.log_likelihood(generator, batch, torch.Generator())
    train = Train.model_validate({"steps": 10, "batch_size": 4, "warmup": {"steps": 5}})
    with pytest.raises(UserError) as refused:
        require_density(domain, generator, train)
    assert str(refused.value) == (
        "train.warmup: the generator of this recipe has no density, so the likelihood of examples "
        "is unknown. Leave it out, or write generator.body: recurrent, memory or transformer "
        "instead of one-shot, which writes all places at once."
    )


# ---- training --------------------------------------------------------------------------------


def test_the_relaxation_is_scheduled(made: Make) -> None:
    domain = made(generator={"relaxation": {"start": 4, "end": 1}})
    values = [domain.controls(progress)["relaxation"] for progress in (0, 0.5, 1)]
    assert values == pytest.approx([4, 2, 1])


# ---- measures --------------------------------------------------------------------------------


def test_equal_texts_have_equal_features_and_unlike_ones_do_not(made: Make) -> None:
    domain = made()
    features = domain.embed(domain.codec.rows(["red ball sees snow.", "red ball sees rain."] * 2))
    assert features.dim() == 2
    assert torch.equal(features[:2], features[2:])
    assert not torch.allclose(features[0], features[1])
    other = domain.embed(domain.codec.rows(["green house meets rain.", "red ball sees rain."]))
    distances = (features[0] - torch.stack([other[1], other[0]])).norm(dim=1)
    assert distances[0] < distances[1]


@pytest.mark.parametrize("source", [None, "oracle", "arithmetic"])
def test_each_kind_of_data_has_its_metrics_and_curves(made: Make, source: str | None) -> None:
    data = {"oracle": {"examples": 60, "length": 4}, "arithmetic": {"examples": 60}}
    domain = made(source, data=data)
    generator = fresh(domain)
    real, train = all_of(domain, "valid"), all_of(domain, "train")
    texts = Batch(written(domain, generator, 20))

    def density(batch: Batch) -> Tensor:
        return domain.log_likelihood(generator, batch, torch.Generator()).detach()

    given: dict[str | None, tuple[Any, ...]] = {
        "held-out": (texts.x, real.x),
        "train": (texts.x, train.x),
        "density": (texts, real, density),
        None: (texts.x,),
    }
    rows = {}
    for name, metric in domain.metrics().items():
        values = metric.compute(*given[metric.against])
        parts = values if isinstance(values, dict) else {"": values}
        rows |= {f"{name} {part}".rstrip(): value for part, value in parts.items()}
    for pair in domain.curves():
        assert set(pair) <= rows.keys()
    assert ("KL(O||G)" in rows) == (source == "oracle")
    assert ("equations" in rows) == (source == "arithmetic")
    assert domain.metrics() is domain.metrics()  # it remembers what it has read


def test_health_speaks_of_what_is_wrong_and_of_nothing_else(made: Make) -> None:
    domain = made()
    real = all_of(domain, "train").x
    assert domain.health(real) == []
    assert "are empty" in domain.health(torch.zeros(8, 6))[0]
    (said,) = domain.health(real[:4].repeat(3, 1))
    assert said.startswith("8 of 12 texts repeat another one word for word")
    endless = torch.where(real == 0, 1.0, real)
    assert any("never end" in line for line in domain.health(endless))
    assert not any("never end" in line for line in made(data={"long": "cut"}).health(endless))
