"""Where the truth is known, a trial finds it."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from omnigan.sampling import Trained
from omnigan.scoring.calibration import Logistic
from omnigan.scoring.critic import Critic
from omnigan.scoring.trial import trial_of, trial_with

WIDTH = 0.9
SIGMA = 0.5
CPU = torch.device("cpu")


class Cloud(nn.Module):
    """A generator whose density is known: normal in the plane."""

    def forward(self, z: Tensor) -> Tensor:
        return WIDTH * z[:, :2]


class LogRatio(nn.Module):
    """The perfect discriminator: the log of the ratio of the two densities."""

    def __init__(self, modes: Tensor) -> None:
        super().__init__()
        self.modes = modes

    def forward(self, x: Tensor) -> Tensor:
        squares = torch.cdist(x, self.modes).square() / (2 * SIGMA**2)
        real = (-squares).logsumexp(1) - math.log(len(self.modes) * SIGMA**2)
        return real + x.square().sum(1) / (2 * WIDTH**2) + math.log(WIDTH**2)


class Guess(nn.Module):
    """A discriminator that knows nothing: it looks at digits that do not matter."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * 1e4).sum(1).sin()


@pytest.fixture
def wide(mixture: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the mixture domain with modes that overlap with the cloud."""
    monkeypatch.setitem(mixture.SIGMA, "ring", SIGMA)
    return mixture


def test_a_perfect_critic_is_found_perfect(wide: ModuleType) -> None:
    config = wide.Config(data={"examples": 5000})
    domain = wide.MixtureDomain(config)
    trained = Trained(domain, Cloud(), 1, CPU)
    critic = Critic(domain, LogRatio(wide.centres("ring")), 1, CPU)
    trial = trial_of(critic, trained, 4000)

    rng = torch.Generator().manual_seed(7)
    modes = wide.centres("ring")[torch.randint(8, (100_000,), generator=rng)]
    real = critic.network(modes + SIGMA * torch.randn(100_000, 2, generator=rng))
    generated = critic.network(WIDTH * torch.randn(100_000, 2, generator=rng))
    truth = np.repeat([1, 0], 100_000)
    ratio = torch.cat([real, generated]).double().numpy()
    area = roc_auc_score(truth, ratio)
    assert trial.auc.low < area < trial.auc.high
    assert trial.auc.value == pytest.approx(area, abs=0.02)
    assert trial.accuracy.low < ((ratio > 0) == truth).mean() < trial.accuracy.high

    # The true log odds of an equal mixture are the log ratio itself.
    logistic = Logistic.fit(trial.logits["held_out"], trial.logits["generated"])
    assert (logistic.slope, logistic.intercept) == pytest.approx((1, 0), abs=0.1)
    asked = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(trial.calibration(asked), 1 / (1 + np.exp(-asked)), atol=0.06)
    loss = np.logaddexp(0, np.where(truth, -ratio, ratio)).mean()
    assert trial.log_loss == pytest.approx(loss, abs=0.02)
    assert trial.calibration_error < 2.5 * trial.expected_error
    assert trial.train_auc.low < 0.5 < trial.train_auc.high
    assert not trial.knows_nothing
    assert not any("no information" in sentence for sentence in trial.sentences())


def test_a_critic_that_knows_nothing_is_told(wide: ModuleType) -> None:
    domain = wide.MixtureDomain(wide.Config(data={"examples": 1000}))
    trial = trial_of(Critic(domain, Guess(), 1, CPU), Trained(domain, Cloud(), 1, CPU), 600)
    assert trial.knows_nothing
    assert trial.log_loss == pytest.approx(math.log(2), abs=0.03)
    assert "contains 0.5" in trial.sentences()[-1]


def test_a_critic_that_knows_its_training_examples_by_heart() -> None:
    rng = np.random.default_rng(0)
    train, held_out, generated = (rng.normal(mean, 1, 300) for mean in (3, -1, 0))
    trial = trial_with(train, held_out, generated, seed=0)
    assert trial.train_auc.low > 0.95
    assert trial.auc.high < 0.5
    assert "has overfitted" in trial.sentences()[-1]
    np.testing.assert_allclose(trial.calibration(np.array([-5.0, 5.0])), 0.5, atol=0.15)


def test_the_second_half_is_not_calibrated_on() -> None:
    rng = np.random.default_rng(0)
    real, generated = rng.normal(1, 1, 200), rng.normal(0, 1, 200)
    trial = trial_with(real, real, generated, seed=0)
    other = trial_with(
        real,
        np.concatenate([real[:100], real[100:] + 50]),
        np.concatenate([generated[:100], generated[100:] - 50]),
        seed=0,
    )
    asked = np.linspace(-3, 3, 7)
    np.testing.assert_array_equal(trial.calibration(asked), other.calibration(asked))
    assert other.auc.value == 1
    assert other.auc.low < 1
    assert other.accuracy.value == 1
