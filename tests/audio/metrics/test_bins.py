"""Clusters, bins and distances of features whose distribution is known."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from omnigan.evaluation.frechet import frechet_distance
from omnigan_audio.metrics.bins import Bins, different_bins, divergence
from omnigan_audio.metrics.clusters import k_means, nearest_centre
from omnigan_audio.metrics.distance import principal_frechet, standardised_kernel


def normal(n: int, width: int, seed: int) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def blobs(n: int, centres: Tensor, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    chosen = torch.randint(len(centres), (n,), generator=rng)
    return centres[chosen] + 0.1 * torch.randn(n, centres.shape[1], generator=rng)


# ---- clusters -----------------------------------------------------------------------------------


def test_clusters_that_are_far_apart_are_found() -> None:
    truth = 10 * normal(20, 8, 0)
    found = k_means(blobs(2000, truth, 1), 20)
    assert torch.cdist(truth.double(), found).min(1).values.max() < 0.1


def test_clusters_like_scipy() -> None:
    """From the same start, Lloyd's algorithm ends in the same place."""
    vq = pytest.importorskip("scipy.cluster.vq")
    x = normal(400, 3, 0).double()
    found = k_means(x, 7)
    again, _ = vq.kmeans2(x.numpy(), found.numpy(), iter=5, minit="matrix")
    torch.testing.assert_close(found, torch.from_numpy(again), atol=1e-6, rtol=0)
    places = torch.from_numpy(vq.vq(x.numpy(), found.numpy())[0]).long()
    assert torch.equal(nearest_centre(x, found), places)


def test_clusters_are_the_same_each_time() -> None:
    x, state = normal(300, 4, 0), torch.get_rng_state()
    assert torch.equal(k_means(x, 9), k_means(x, 9))
    assert torch.equal(torch.get_rng_state(), state)


def test_clusters_of_copies() -> None:
    x = torch.ones(10, 3)
    x[5:] = 2
    assert sorted({tuple(row) for row in k_means(x, 4).tolist()}) == [(1, 1, 1), (2, 2, 2)]
    with pytest.raises(ValueError, match="4 centres"):
        k_means(x[:3], 4)


# ---- bins ---------------------------------------------------------------------------------------


def test_one_distribution_differs_by_chance_alone() -> None:
    """About 5 % of the bins, over several draws."""
    train = normal(4000, 6, 0)
    bins = Bins.of(train)
    found = [different_bins(bins.count(normal(1000, 6, seed)), bins.counts) for seed in range(1, 9)]
    assert len(bins.counts) == 50
    assert 1 <= sum(found) / len(found) <= 5


def test_a_dropped_mode_and_noise() -> None:
    truth = 4 * normal(50, 6, 0)
    bins = Bins.of(blobs(5000, truth, 1))
    same = bins.count(blobs(1000, truth, 2))
    half = bins.count(blobs(1000, truth[:25], 3))
    noise = bins.count(20 * normal(1000, 6, 4))
    assert different_bins(same, bins.counts) <= 7
    assert different_bins(half, bins.counts) > 35
    assert different_bins(noise, bins.counts) > 20
    js = [divergence(each, bins.counts) for each in (same, half, noise)]
    assert js[0] < 0.03
    assert min(js[1:]) > 0.15


def test_the_z_test_by_hand() -> None:
    """10 of 100 against 20 of 100: z = 0.1 / sqrt(0.15 * 0.85 * 0.02) = 1.98; 19 give 1.80."""
    reference = torch.tensor([10, 90])
    assert different_bins(torch.tensor([20, 80]), reference) == 2
    assert different_bins(torch.tensor([19, 81]), reference) == 0
    assert different_bins(torch.tensor([0, 50, 0]), torch.tensor([0, 70, 0])) == 0, "empty bins"


def test_divergence_by_hand() -> None:
    found = divergence(torch.tensor([1, 1]), torch.tensor([3, 1]))
    expected = (
        0.5 * math.log(0.5 / 0.625)
        + 0.5 * math.log(0.5 / 0.375)
        + 0.75 * math.log(0.75 / 0.625)
        + 0.25 * math.log(0.25 / 0.375)
    ) / 2
    assert found == pytest.approx(expected)
    assert divergence(torch.tensor([5, 0]), torch.tensor([0, 7])) == pytest.approx(math.log(2))
    assert divergence(torch.tensor([2, 4]), torch.tensor([3, 6])) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=9))
def test_divergence_like_scipy(pairs: list[tuple[int, int]]) -> None:
    spatial = pytest.importorskip("scipy.spatial.distance")
    p, q = torch.tensor(pairs).T
    if not p.sum() or not q.sum():
        return
    expected = spatial.jensenshannon(p.double().numpy(), q.double().numpy()) ** 2
    assert divergence(p, q) == pytest.approx(expected, abs=1e-9)


def test_few_examples_have_few_bins() -> None:
    assert len(Bins.of(normal(120, 3, 0)).counts) == 12
    assert len(Bins.of(normal(4, 3, 0)).counts) == 1


# ---- distances ----------------------------------------------------------------------------------


def test_principal_frechet_of_data_in_few_directions() -> None:
    """Where all data lie in a plane, nothing is lost, and a shift of 3 gives about 9."""
    plane = torch.linalg.qr(normal(40, 2, 0)).Q.T  # [2, 40], orthonormal
    x, y = normal(500, 2, 1) @ plane, (normal(500, 2, 2) + torch.tensor([3.0, 0])) @ plane
    found = principal_frechet(x, y, 2)
    assert found == pytest.approx(frechet_distance(x @ plane.T, y @ plane.T), rel=1e-4)
    assert found == pytest.approx(9, abs=1)


def test_distances_of_the_same_set() -> None:
    x = normal(300, 40, 0)
    assert principal_frechet(x, x) == pytest.approx(0, abs=1e-6)
    assert principal_frechet(normal(300, 40, 1), x) < 0.2 * principal_frechet(
        normal(300, 40, 1) + 1, x
    )


def test_kernel_distance_has_no_unit() -> None:
    x, y = normal(200, 5, 0), normal(200, 5, 1) + 0.5
    scale = torch.tensor([1.0, 10, 100, 1e3, 1e-3])
    found = standardised_kernel(x, y)
    assert found == pytest.approx(standardised_kernel(x * scale, y * scale), rel=1e-3)
    assert found > 5 * abs(standardised_kernel(normal(200, 5, 2) + 0.5, y))


def test_a_feature_that_never_changes() -> None:
    x = normal(50, 3, 0)
    x[:, 2] = -9
    assert math.isfinite(standardised_kernel(x, x.clone()))
    assert math.isfinite(principal_frechet(x, x.clone()))
