"""Metrics against the generator's density, temperatures, and scores of symbols."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from omnigan.domain import Batch, Domain, Metric
from omnigan.evaluation.evaluate import Evaluator, evaluate
from omnigan.evaluation.real import read
from omnigan.evaluation.results import Evaluation
from omnigan.sampling import Trained


@pytest.fixture
def words(chain: ModuleType) -> Domain:
    return chain.ChainDomain(chain.Config(data={"examples": 300, "held_out": 130}))


@pytest.fixture
def writer(words: Domain) -> Trained:
    torch.manual_seed(0)
    words.config = words.config.model_copy(
        update={"generator": words.config.generator.model_copy(update={"scale": 1.0})}
    )
    return Trained(words, words.generator(), 0, torch.device("cpu"))


def rows(evaluation: Evaluation, metric: str) -> dict[str, tuple[float, float]]:
    return {row.part: (row.value, row.floor) for row in evaluation.rows if row.metric == metric}


# ---- densities ---------------------------------------------------------------------------------


def test_a_density_is_that_of_the_network_in_whatever_chunks(writer: Trained) -> None:
    real = read(writer.domain, "valid", 130, 0).batch
    density = writer.density(real)
    found = density(real)
    exact = writer.network.log_likelihood(real.x)
    torch.testing.assert_close(found, exact)
    assert not found.requires_grad
    assert torch.equal(found, density(real))
    assert torch.equal(found[:70], density(Batch(real.x[:70])))
    every = torch.cartesian_prod(*[torch.arange(4)] * 6).float()
    assert float(density(Batch(every)).double().exp().sum()) == pytest.approx(1, abs=1e-5)


def test_an_estimate_has_its_own_draws_for_each_chunk(words: Domain) -> None:
    words.log_likelihood = lambda generator, batch, rng: torch.rand(len(batch), generator=rng)
    trained = Trained(words, words.generator(), 0, torch.device("cpu"))
    many = Batch(torch.zeros(200, 6))
    density = trained.density(many, seed=3)
    found = density(many)
    assert torch.equal(found, density(many))
    assert len(found.unique()) == 200
    assert not torch.equal(found, trained.density(many, seed=4)(many))


def test_there_is_no_density_where_the_domain_has_none(words: Domain, plane: Any) -> None:
    other = words.config.generator.model_copy(update={"density": False})
    words.config = words.config.model_copy(update={"generator": other})
    trained = Trained(words, words.generator(), 0, torch.device("cpu"))
    assert trained.density(Batch(torch.zeros(1, 6))) is None
    points = Trained(plane(), plane().generator(), 0, torch.device("cpu"))
    assert points.density(Batch(torch.zeros(1, 2))) is None


def test_metrics_against_a_density_have_values_and_no_floor(
    writer: Trained, chain: ModuleType
) -> None:
    evaluator = Evaluator(writer.domain, 120, 0)
    evaluation = evaluator.score(writer, 120)
    found = rows(evaluation, "held-out likelihood")
    real, made = evaluator.material.held_out.batch, evaluator.generate(writer, 120)
    for part, batch in (("of real", real), ("of its own", made)):
        exact = float(writer.network.log_likelihood(batch.x).mean()) / chain.LENGTH
        value, floor = found[part]
        assert value == pytest.approx(exact, rel=1e-5)
        assert math.isnan(floor)
    (line,) = (each for each in evaluation.table().splitlines() if each.startswith("held-out"))
    assert line.split()[-3:] == [f"{found['of real'][0]:.3f}", "-", "higher"]
    told = next(row for row in evaluation.to_json()["rows"] if row["part"] == "of real")
    assert told["floor"] is None
    without = evaluator(made)
    assert rows(without, "held-out likelihood") == {}
    others = [row for row in evaluation.rows if row.metric != "held-out likelihood"]
    assert [row.name for row in without.rows] == [row.name for row in others]


# ---- temperatures ------------------------------------------------------------------------------


def test_at_a_temperature_samples_and_density_are_of_that_temperature(
    writer: Trained, chain: ModuleType
) -> None:
    seen: list[set[str]] = []

    def conditions(x: Tensor, cond: Any) -> float:
        seen.append(set(cond))
        return 0.0

    own = writer.domain.metrics()
    extra = {"obeys": Metric(conditions, against="conditions")}
    writer.domain.metrics = lambda: {**own, **extra}
    evaluator = Evaluator(writer.domain, 120, 0)
    warm, cold = (evaluator.score(writer, 120, wishes) for wishes in ((), ["temperature=0.25"]))
    real = evaluator.material.held_out.batch
    cool = torch.full((len(real),), 0.25)
    exact = float(writer.network.log_likelihood(real.x, cool).mean()) / chain.LENGTH
    assert rows(cold, "held-out likelihood")["of real"][0] == pytest.approx(exact, rel=1e-5)
    made = evaluator.generate(writer, 120, ["temperature=0.25"])
    assert torch.equal(made.cond["temperature"], torch.full((120,), 0.25))
    noise = writer.latents(120, 0)["noise"]
    by_hand = writer.network(noise, temperature=torch.full((120,), 0.25))
    assert torch.equal(made.x, by_hand)
    assert rows(cold, "unique share")[""][0] < rows(warm, "unique share")[""][0] - 0.1
    assert all(names == set() for names in seen), "the data has no temperature"
    assert "told from real" in {row.metric for row in cold.rows}


# ---- symbols -----------------------------------------------------------------------------------


def test_symbols_are_compared_in_features_alone(writer: Trained) -> None:
    evaluation = evaluate(writer.domain, writer.generate(64), samples=64, seed=0)
    assert rows(evaluation, "near copies").keys() == {"in features"}
    assert rows(evaluation, "distance to training").keys() == {"in features"}
    made = writer.generate(64).x
    for pair in evaluation.closest:
        real = writer.domain.source("train").read(pair.train, torch.Generator()).x
        differ = int((made[pair.generated] != real).sum())
        assert pair.distance == pytest.approx(math.sqrt(2 * differ), abs=1e-5)
    assert evaluation.closest
