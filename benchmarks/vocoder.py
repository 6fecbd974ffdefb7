"""A vocoder: trained on one thread, against Griffin-Lim on held-out sounds.

Run it alone on the machine, from the repository's root:

    python benchmarks/vocoder.py
    python benchmarks/vocoder.py --source speech/ --unheard another-voice/

Speed is seconds of sound that one core makes in a second. Where packages `pystoi` and `pesq` are
installed, `--intelligibility` adds STOI and wide-band PESQ, which are meant for speech.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from budget import cpu_seconds, timings, train_within
from griffin_lim import griffin_lim
from torch import Tensor, nn

import omnigan
from omnigan.domain import Batch, Domain
from omnigan.recipe.load import load_recipe
from omnigan.trained import Trained
from omnigan_audio.metrics.paired import mel_error, spectral_convergence, stft_error
from omnigan_audio.spectra import sizes_for

OUT = Path("runs/benchmark-vocoder")
SOUNDS, BLOCK = 400, 50
SPOKEN = 4
"""Sounds that STOI and PESQ hear one after another: they need seconds of speech."""

Measure = Callable[[Tensor, Tensor, int], Tensor]
MEASURES: Mapping[str, Measure] = {
    "mel error": mel_error,
    "STFT error": stft_error,
    "spectral convergence": spectral_convergence,
}


def untrained(domain: Domain, seed: int) -> nn.Module:
    """Return the network that a run begins with."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = domain.generator()
        domain.initialise(network, domain.discriminator())
    return network.eval()


def held_out(domain: Domain) -> Batch:
    """Return held-out sounds and their spectrograms, evenly spread over what there is."""
    source = domain.source("valid")
    places = range(0, len(source), -(-len(source) // SOUNDS))
    return source.read_batch(list(places), torch.Generator().manual_seed(0))


def of_folder(run: Path, folder: str) -> Domain:
    """Return the domain of a run with other recordings."""
    loaded = load_recipe(run / "recipe.yaml", [f"data.source={folder}"], stored=True)
    return loaded.domain_class(loaded.domain_config)


def heard(score: Callable[[np.ndarray, np.ndarray], float]) -> Measure:
    """Return a measure of what stands in a row, of a score of (real, made) arrays of samples."""

    def measure(x: Tensor, real: Tensor, rate: int) -> Tensor:
        rows = len(x) // SPOKEN * SPOKEN
        spoken = [each[:rows].reshape(rows // SPOKEN, -1).numpy() for each in (real, x)]
        return torch.tensor([score(*pair) for pair in zip(*spoken, strict=True)])

    return measure


def of_speech(rate: int) -> Mapping[str, Measure]:
    """Return STOI (0 to 1, Taal et al. 2011) and wide-band PESQ (1 to 4.64, ITU-T P.862.2)."""
    stoi, pesq = import_module("pystoi").stoi, import_module("pesq").pesq
    return {
        "STOI": heard(lambda real, made: stoi(real, made, rate)),
        "PESQ": heard(lambda real, made: pesq(rate, real, made, "wb", on_error=1)),
    }


def print_table(
    trained: Trained, real: Batch, seed: int, measures: Mapping[str, Measure] = MEASURES
) -> None:
    """Print how far each method's sounds are from real ones, and its speed."""
    rate = trained.domain.rate
    window, hop = sizes_for(rate)
    length = real.x.shape[-1]
    rng = torch.Generator().manual_seed(0)
    fresh = untrained(trained.domain, seed)

    def rounds_alone(block: Tensor) -> Tensor:
        noise = torch.randn(len(block), 1, length, generator=rng)
        return trained.network.levels.consistent(noise, block)

    methods: dict[str, Callable[[Tensor], Tensor]] = {
        "vocoder": lambda block: trained.network(mel=block),
        "the same network, untrained": lambda block: fresh(mel=block),
        "its rounds of data consistency alone, from noise": rounds_alone,
        "Griffin-Lim, 32 rounds": lambda block: griffin_lim(block, rate, window, hop, length),
    }
    print(f"| method | {' | '.join(measures)} | speed |")
    print("|---|" + "---|" * len(measures) + "---|")
    for name, method in methods.items():
        began = time.process_time()
        with torch.no_grad():
            x = torch.cat([method(block) for block in real.cond["mel"].split(BLOCK)])
        speed = real.x.numel() / rate / (time.process_time() - began)
        cells = [f"{measure(x, real.x, rate).mean():.3f}" for measure in measures.values()]
        print(f"| {name} | {' | '.join(cells)} | {speed:.0f} |", flush=True)


def main() -> None:
    """Train what is missing, measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu-seconds", type=float, help="default: the recipe's own steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--source", help="a folder of recordings to learn from")
    parser.add_argument("--unheard", help="a folder of recordings that are only compared")
    parser.add_argument("--intelligibility", action="store_true", help="add STOI and PESQ")
    options = parser.parse_args()
    set_name = Path(options.source).resolve().name if options.source else "vocoder"
    out = OUT / f"{set_name}-{options.seed}"
    if not out.exists():
        folder = [f"data.source={options.source}", "data.cut=random"] if options.source else []
        train_within(options.cpu_seconds, out, "vocoder", folder, options.seed)
    torch.set_num_threads(1)
    trained = omnigan.load(out)
    last = timings(out)[-1]
    print(f"{last['step']} steps, {cpu_seconds(last):.0f} CPU-seconds")
    measures = dict(MEASURES)
    if options.intelligibility:
        measures |= of_speech(trained.domain.rate)
    domains = {"held-out sounds": trained.domain}
    if options.unheard:
        domains["sounds of the other folder"] = of_folder(out, options.unheard)
    for name, domain in domains.items():
        real = held_out(domain)
        print(f"\n{len(real)} {name}\n")
        print_table(trained, real, options.seed, measures)


if __name__ == "__main__":
    main()
