"""Samples are stored as the nearest number, and clipped beyond their scale."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from omnigan_audio.data.samples import stored


@given(st.lists(st.floats(-3, 3, width=32), min_size=1), st.sampled_from([0.25, 1.0, 2.0]))
def test_the_nearest_number_is_stored(values: list[float], scale: float) -> None:
    numbers = stored(torch.tensor(values), scale)
    assert numbers.dtype == np.int16
    wanted = np.clip(np.array(values) / scale * 32768, -32767, 32767)
    assert np.abs(numbers - wanted).max() <= 0.5 + 1e-3
