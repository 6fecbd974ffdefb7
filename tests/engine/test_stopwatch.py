"""What a run notes about its time and memory."""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch

from omnigan.engine.runfolder import RunFolder
from omnigan.engine.stopwatch import Stopwatch


def test_times_add_up_and_the_peak_is_that_of_the_process(tmp_path: Path) -> None:
    folder, watch = RunFolder(tmp_path), Stopwatch()
    for _ in range(2):
        with watch.measuring("samples"):
            time.sleep(0.05)
    watch.write(folder, 3)
    held = torch.ones(2**24)  # 64 MiB
    watch.write(folder, 4)
    first, last = map(json.loads, folder.timings.read_text().splitlines())
    assert (first["step"], last["step"]) == (3, 4)
    assert 0.1 <= first["samples"] <= first["seconds"] <= last["seconds"]
    assert first["cpu_seconds"] < first["seconds"], "sleeping takes no time of the processor"
    assert _resident() <= last["peak_bytes"] * 1.01
    assert last["peak_bytes"] >= held.nbytes


def _resident() -> int:
    """Return the bytes of this process that are in memory, as the kernel says."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
