"""A vocoder: trained within some CPU-seconds, against Griffin-Lim on held-out sounds.

Run it alone on the machine, from the repository's root:

    python benchmarks/vocoder.py

Speed is seconds of sound that one core makes in a second.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from budget import cpu_seconds, timings, train_within
from griffin_lim import griffin_lim
from torch import Tensor, nn

import omnigan
from omnigan.domain import Domain
from omnigan_audio.metrics.paired import mel_error, spectral_convergence, stft_error
from omnigan_audio.spectra import sizes_for

OUT = Path("runs/benchmark-vocoder/vocoder-0")
SOUNDS, BLOCK = 400, 50


def untrained(domain: Domain, seed: int) -> nn.Module:
    """Return the network that a run begins with."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = domain.generator()
        domain.initialise(network, domain.discriminator())
    return network.eval()


def main() -> None:
    """Train what is missing, measure, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu-seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    out = OUT.with_name(f"vocoder-{options.seed}")
    if not out.exists():
        train_within(options.cpu_seconds, out, "vocoder", [], options.seed)
    torch.set_num_threads(1)
    trained = omnigan.load(out)
    domain = trained.domain
    rate, (window, hop) = domain.rate, sizes_for(domain.rate)
    held_out = domain.source("valid")
    places = range(0, len(held_out), -(-len(held_out) // SOUNDS))
    real = held_out.read_batch(list(places), torch.Generator().manual_seed(0))
    seconds = real.x.numel() / rate
    rng = torch.Generator().manual_seed(0)

    def made(block: Tensor) -> Tensor:
        return trained.network(mel=block)

    fresh = untrained(domain, options.seed)

    def unlearned(block: Tensor) -> Tensor:
        return fresh(mel=block)

    def rounds_alone(block: Tensor) -> Tensor:
        noise = torch.randn(len(block), 1, real.x.shape[-1], generator=rng)
        return trained.network.levels.consistent(noise, block)

    def searched(block: Tensor) -> Tensor:
        return griffin_lim(block, rate, window, hop, real.x.shape[-1])

    last = timings(out)[-1]
    print(f"{last['step']} steps, {cpu_seconds(last):.0f} CPU-seconds, {len(real)} sounds\n")
    print("| method | mel error | STFT error | spectral convergence | speed |")
    print("|---|---|---|---|---|")
    methods = {
        "vocoder": made,
        "the same network, untrained": unlearned,
        "its rounds of data consistency alone, from noise": rounds_alone,
        "Griffin-Lim, 32 rounds": searched,
    }
    for name, method in methods.items():
        began = time.process_time()
        with torch.no_grad():
            x = torch.cat([method(block) for block in real.cond["mel"].split(BLOCK)])
        taken = time.process_time() - began
        errors = [
            float(measure(x, real.x, rate).mean())
            for measure in (mel_error, stft_error, spectral_convergence)
        ]
        cells = [f"{error:.3f}" for error in errors]
        print(f"| {name} | {' | '.join(cells)} | {seconds / taken:.0f} |", flush=True)


if __name__ == "__main__":
    main()
