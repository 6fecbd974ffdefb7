"""One-shots of a NumPy file as WAV files in folders by kind, for ``benchmarks/audio.py``.

From the repository's root:

    python benchmarks/oneshots.py --data my/oneshots.npz --out runs/one-shots
    python benchmarks/audio.py train --set recorded --data runs/one-shots \
        --override data.rate=16000 --override data.length=8192 --override data.held_out=0.2 \
        --methods audio --seeds 0 --cpu-seconds 400
    python benchmarks/audio.py table --set recorded --cpu-seconds 400

With the settings for small sets of docs/audio.md, another ``--set`` and besides

    --override generator.window=512 --override generator.hop=256 --override 'data.gain=[-6,0]' \
    --override train.penalties.r1.weight=0.1 --override train.penalties.r2.weight=0.1

The file has ``x``, int16 ``[N, T]`` with zeros behind each sound, and ``name``, ``[N]`` texts such
as ``tabla_ghe``, of which the part before the first ``_`` is the kind. A fifth of a hundred sounds
are just enough to score. Benchmarks come with no data: mind the licence of yours.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

__all__ = ["unpack"]


def unpack(x: NDArray[np.int16], names: list[str], rate: int, folder: Path) -> Counter[str]:
    """Write sounds ``[N, T]`` as ``kind/name.wav``, without the zeros behind them.

    Returns:
        How many there are of each kind.
    """
    kinds: Counter[str] = Counter()
    for wave, name in zip(x, names, strict=True):
        kind = name.partition("_")[0]
        sounding = np.flatnonzero(wave)
        end = int(sounding[-1]) + 1 if len(sounding) else 1
        (folder / kind).mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / kind / f"{name}.wav", wave[:end], rate, subtype="PCM_16")
        kinds[kind] += 1
    return kinds


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the .npz file")
    parser.add_argument("--out", type=Path, required=True, help="a folder, made if missing")
    parser.add_argument("--rate", type=int, default=16_000, help="of the sounds, in Hz")
    options = parser.parse_args()
    try:
        with np.load(options.data, allow_pickle=False) as opened:
            x, names = opened["x"], [str(name) for name in opened["name"]]
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"--data: {options.data} is no such file as is described above: {error}")
    kinds = unpack(x, names, options.rate, options.out)
    listed = ", ".join(f"{kind} ({count})" for kind, count in kinds.items())
    print(f"{sum(kinds.values())} sounds in {options.out}: {listed}")


if __name__ == "__main__":
    main()
