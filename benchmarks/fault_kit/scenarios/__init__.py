"""The faults that happen to runs: one function for each, which tells what became of the run."""

from __future__ import annotations

from fault_kit.scenarios.company import (
    lost_worker,
    two_caches,
    two_runs,
)
from fault_kit.scenarios.damages import (
    DAMAGES,
    clock_jumps,
    damaged_cache,
    damaged_checkpoint,
    data_changed,
    data_gone_while_running,
    not_a_number,
)
from fault_kit.scenarios.kills import (
    kill_at_operation,
    kill_at_random,
    kill_building_cache,
    kill_command,
    kill_ever_later,
    kill_inside_file,
    signals,
)
from fault_kit.scenarios.refusals import (
    IN_THE_WAY,
    cache_in_the_way,
    file_in_the_way,
    files_of_at_most,
    memory_of_at_most,
    real_disk,
    refused_operation,
)

__all__ = [
    "DAMAGES",
    "IN_THE_WAY",
    "cache_in_the_way",
    "clock_jumps",
    "damaged_cache",
    "damaged_checkpoint",
    "data_changed",
    "data_gone_while_running",
    "file_in_the_way",
    "files_of_at_most",
    "kill_at_operation",
    "kill_at_random",
    "kill_building_cache",
    "kill_command",
    "kill_ever_later",
    "kill_inside_file",
    "lost_worker",
    "memory_of_at_most",
    "not_a_number",
    "real_disk",
    "refused_operation",
    "signals",
    "two_caches",
    "two_runs",
]
