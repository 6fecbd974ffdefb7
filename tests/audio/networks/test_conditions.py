"""Pitches as features."""

from __future__ import annotations

import pytest
import torch

from omnigan_audio.networks.conditions import Condition, Given, pitch_features


def test_octaves_and_notes_as_high_resemble_each_other_and_no_two_notes_are_alike() -> None:
    features = pitch_features(torch.arange(128))
    assert features.shape == (128, 24)
    torch.testing.assert_close(features.square().sum(1), torch.full((128,), 12.0))
    closeness = features @ features.T / 12
    assert (closeness - torch.eye(128)).max() < 0.95
    middle = closeness[60]
    assert middle[72] > max(middle[61:72].max(), middle[73:].max())
    assert middle[59] == pytest.approx(float(middle[61]), abs=1e-5)
    assert middle[61] > middle[97]
    assert middle[72] > middle[84]


@pytest.mark.parametrize("std", [1.0, 0.25])
def test_fresh_vectors_have_the_given_scale(std: float) -> None:
    condition = Condition(4000, Given(3, pitched=True), std)
    for label, pitch in ((torch.tensor([1]), None), (None, torch.tensor([61]))):
        vector = condition(label, pitch)
        assert vector is not None
        assert float(vector.detach().std()) == pytest.approx(std, rel=0.1)
    both = condition(torch.tensor([1]), torch.tensor([61]))
    assert both is not None
    assert float(both.detach().std()) == pytest.approx(std * 2**0.5, rel=0.1)


def test_without_labels_and_pitches_there_is_no_vector() -> None:
    assert Condition(4, Given())(None, None) is None
