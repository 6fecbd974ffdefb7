"""The audio metrics as the engine sees them. Definitions: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal
from weakref import ref

import torch
from torch import Tensor

from omnigan.domain import Metric
from omnigan.evaluation.thinning import evenly
from omnigan_audio.embedding import pooled_log_mel
from omnigan_audio.metrics import distance, envelope, level, paired, pitch, spectrum, stride
from omnigan_audio.metrics.bins import Bins, different_bins, divergence

__all__ = ["suite"]

_MOST_BINNED = 5000  # training examples that bins are made of
_MOST_PITCHED = 256  # sounds whose periodicity is looked at, since it takes longest
_FEWEST = 3  # sounds that a distance can be computed of
_BLOCK = 64

_PerSound = Callable[[Tensor], Tensor]
_kept: dict[tuple[int, int], tuple[ref[Tensor], Bins]] = {}
"""The latest bins with what they were made of: a run is evaluated often, and its data stay."""


def suite(
    rate: int, strides: Sequence[int] = (), *, pairs: bool = False, pitched: bool = False
) -> dict[str, Metric]:
    """Return every metric that applies to sounds ``[N, 1, T]``, by name.

    Args:
        rate: Sample rate in Hz.
        strides: Of the generator's stages, the first one first; none: no look at their artifacts.
        pairs: Whether each generated sound has a real one that it should be, as a vocoder's has.
        pitched: Whether sounds are made for a condition ``pitch``, a MIDI note number.
    """
    metrics = _pairs(rate) if pairs else {}
    metrics |= _distances(rate) | _statistics(rate)
    if pitched:
        metrics["pitch accuracy"] = Metric(
            lambda x, cond: pitch.pitch_accuracy(x, rate, cond["pitch"]), "conditions", "higher"
        )
    if strides:
        periods = stride.periods_of(strides)
        metrics["stride artifacts (dB)"] = Metric(partial(_strides, periods=periods), digits=1)
    return metrics


def _distances(rate: int) -> dict[str, Metric]:
    def embedded(measure: Callable[[Tensor, Tensor], float]) -> Callable[[Tensor, Tensor], float]:
        def compute(x: Tensor, y: Tensor) -> float:
            if min(len(x), len(y)) < _FEWEST:
                return torch.nan
            return measure(pooled_log_mel(x, rate), pooled_log_mel(y, rate))

        return compute

    def binned(x: Tensor, train: Tensor) -> tuple[Tensor, Tensor]:
        bins = _bins_of(train, rate)
        return bins.count(pooled_log_mel(x, rate)), bins.counts

    def different(x: Tensor, train: Tensor) -> dict[str, float]:
        counts = binned(x, train)
        return {f"of {len(counts[0])}": float(different_bins(*counts))}

    return {
        "log-mel Frechet distance": Metric(
            embedded(distance.principal_frechet), "held-out", "lower", 2
        ),
        "log-mel kernel distance": Metric(
            embedded(distance.standardised_kernel), "held-out", "lower", 4
        ),
        "different bins": Metric(different, "train", "lower", 0),
        "divergence of bins": Metric(
            lambda x, train: divergence(*binned(x, train)), "train", "lower"
        ),
    }


def _bins_of(train: Tensor, rate: int) -> Bins:
    key = id(train), rate
    if key not in _kept or _kept[key][0]() is not train:
        some = train[evenly(len(train), min(len(train), _MOST_BINNED))]
        bins = Bins.of(pooled_log_mel(some, rate))
        _kept.clear()
        _kept[key] = ref(train), bins
    return _kept[key][1]


def _statistics(rate: int) -> dict[str, Metric]:
    def spectral(measure: Callable[[Tensor], Tensor]) -> _PerSound:
        return lambda x: measure(spectrum.mean_power(x, rate))

    return {
        "silent sounds": _mean(level.is_silent),
        "clipped samples": _mean(level.clipped_share, 4),
        "DC offset": _mean(level.dc_offset, 4),
        "level (dB)": _spread(level.rms, 1),
        "peak (dB)": _spread(level.peak, 1),
        "spectral centroid (Hz)": _spread(spectral(partial(spectrum.centroid, rate=rate)), 0),
        "spectral rolloff (Hz)": _spread(spectral(partial(spectrum.rolloff, rate=rate)), 0),
        "spectral flatness": _spread(spectral(spectrum.flatness)),
        "attack (s)": _spread(partial(envelope.attack_time, rate=rate)),
        "decay (s)": _spread(partial(envelope.decay_time, rate=rate)),
        "periodicity": _spread(partial(pitch.periodicity, rate=rate), most=_MOST_PITCHED),
    }


def _pairs(rate: int) -> dict[str, Metric]:
    return {
        "multi-resolution STFT error": _of_pairs(partial(paired.stft_error, rate=rate), "lower"),
        "mel error": _of_pairs(partial(paired.mel_error, rate=rate), "lower"),
        "spectral convergence": _of_pairs(partial(paired.spectral_convergence, rate=rate), "lower"),
        "SI-SDR (dB)": _of_pairs(paired.si_sdr, "higher", 1),
    }


def _mean(measure: _PerSound, digits: int = 3) -> Metric:
    return Metric(lambda x: float(measure(x).double().mean()), digits=digits)


def _spread(measure: _PerSound, digits: int = 3, most: int | None = None) -> Metric:
    """Make a metric of mean and standard deviation of what can be measured at each sound.

    Args:
        measure: Returns numbers ``[B]`` of waveforms ``[B, 1, T]``; NaN where there is none.
        digits: Decimals worth printing.
        most: Sounds to look at, evenly spread over all.
    """

    def compute(x: Tensor) -> Mapping[str, float]:
        some = x if most is None else x[evenly(len(x), min(len(x), most))]
        values = torch.cat([measure(block) for block in torch.split(some, _BLOCK)])
        values = values[~values.isnan()].double()
        if not len(values):
            return {"mean": torch.nan, "deviation": torch.nan}
        return {"mean": float(values.mean()), "deviation": float(values.std(correction=0))}

    return Metric(compute, digits=digits)


def _of_pairs(
    measure: Callable[[Tensor, Tensor], Tensor], better: Literal["lower", "higher"], digits: int = 3
) -> Metric:
    def compute(x: Tensor, y: Tensor) -> float:
        blocks = zip(torch.split(x, _BLOCK), torch.split(y, _BLOCK), strict=True)
        return float(torch.cat([measure(*pair) for pair in blocks]).double().mean())

    return Metric(compute, "paired", better, digits)


def _strides(x: Tensor, periods: Sequence[int]) -> Mapping[str, float]:
    found = stride.stride_artifacts(x, periods)
    return {f"every {period} samples": value for period, value in found.items()}
