"""A generator as an ONNX model: traced by torch, without what torch notes about this machine."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from omnigan.errors import OmniganError, UserError
from omnigan.exporting.onnx.inputs import Input, real_inputs
from omnigan.exporting.onnx.running_maximum import DECOMPOSITIONS
from omnigan.sampling import Trained

__all__ = ["OUTPUT", "Model", "require_onnx", "write_model"]

OUTPUT = "x"
MOST_IN_ONE_FILE = 2**31 - 2**20
"""Bytes that a protocol buffer can hold, about."""
WEIGHTS = ".data"
"""What the name of the file beside a larger model ends with, which holds its weights."""
MOST_OPTIMIZED = 4000
"""Operations in a program. Beyond, as where a loop is unrolled over many steps, the
optimiser of onnxscript takes longer than all else; runtimes optimise what they load anyway."""
WITH_LOOPS = 18
"""Version of the operators that torch writes. It can write newer ones too, but leaves those in the
bodies of loops as they are, which is then no valid model."""
TRACED = 3
"""Examples in the batch that is traced: neither one nor two, which might be taken for constants."""


def require_onnx() -> None:
    """Refuse to begin without the libraries.

    Raises:
        UserError: They are not installed.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(
            f'An ONNX export needs {error.name}. Install it with: pip install "omnigan[onnx]"'
        ) from error


class _Sampler(nn.Module):
    """A generator as sampling calls it, with its inputs in a list."""

    def __init__(self, trained: Trained, names: Sequence[str]) -> None:
        super().__init__()
        self.network = trained.network
        self.controls = dict(trained.domain.controls(1.0))
        self.names = list(names)

    def forward(self, values: list[Tensor]) -> Tensor:
        given = dict(zip(self.names, values, strict=True))
        x: Tensor = self.network(**{**self.controls, **given})
        return x.float()


@dataclass(frozen=True)
class Model:
    """What was written.

    Attributes:
        path: The file.
        weights: Another one that belongs to it, where it is too large for one.
        version: Of the operators that it uses.
        shape: Of one example; an axis that depends on those of inputs has a name.
    """

    path: Path
    weights: Path | None
    version: int
    shape: list[int | str]


def write_model(trained: Trained, inputs: Sequence[Input], path: Path) -> Model:
    """Write a generator as ONNX.

    Args:
        trained: On the CPU.
        inputs: Its inputs.
        path: The file to write; beyond 2 GB the weights go into another one beside it.

    Raises:
        OmniganError: torch cannot export the network.
    """
    network = _Sampler(trained, [each.name for each in inputs]).eval()
    drawn = real_inputs(trained, TRACED, 0)
    values = [drawn[each.name] for each in inputs]
    try:
        with _quietly(), torch.no_grad():
            program = _traced(network, values, [_sizes(each) for each in inputs])
            model = _translated(program, network.names)
    except Exception as error:  # whatever a network or torch stumbles over
        raise OmniganError(
            f"torch cannot export this {type(trained.network).__name__} as ONNX: {_gist(error)}"
        ) from error
    _name_axes(model, inputs)
    weights = _save(model, path)
    version = int(max(each.version for each in model.opset_import if not each.domain))
    sizes = model.graph.output[0].type.tensor_type.shape.dim
    return Model(path, weights, version, [size.dim_param or size.dim_value for size in sizes][1:])


def _sizes(given: Input) -> dict[int, Any]:
    """Return which axes have any size; for all but the batch a network may set limits."""
    dynamic = torch.export.Dim.DYNAMIC
    return {axis: dynamic if axis else torch.export.Dim(name) for axis, name in given.axes.items()}


def _traced(
    network: nn.Module, values: list[Tensor], sizes: list[dict[int, Any]]
) -> torch.export.ExportedProgram:
    """Trace by running, or, where that takes the batch size for a constant, by reading bytecode."""
    try:
        return torch.export.export(network, (values,), dynamic_shapes=(sizes,), strict=False)
    except torch._dynamo.exc.UserError:
        return torch.export.export(network, (values,), dynamic_shapes=(sizes,), strict=True)


def _translated(program: torch.export.ExportedProgram, names: Sequence[str]) -> Any:
    """Return a traced network as an ONNX model."""
    if any(node.target in DECOMPOSITIONS for node in program.graph.nodes):
        program = program.run_decompositions(DECOMPOSITIONS)
    made = torch.onnx.export(
        program,
        opset_version=WITH_LOOPS if _has_loops(program) else None,
        input_names=names,
        output_names=[OUTPUT],
        dynamo=True,
        optimize=len(program.graph.nodes) <= MOST_OPTIMIZED,
        verbose=False,
    )
    assert made is not None
    return made.model_proto


def _has_loops(program: torch.export.ExportedProgram) -> bool:
    return any(node.target is torch.ops.higher_order.scan for node in program.graph.nodes)


def _gist(error: BaseException) -> str:
    """Return the first line of what went wrong in the first place."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().partition("\n")[0] or type(error).__name__


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep what torch and onnxscript say about their own workings from the user."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


# ---- the file ----------------------------------------------------------------------------------


def _name_axes(model: Any, inputs: Sequence[Input]) -> None:
    """Give axes of any size the names that people know them by."""
    given: Mapping[str, Mapping[int, str]] = {each.name: each.axes for each in inputs}
    for value in [*model.graph.input, *model.graph.output]:
        names = given.get(value.name, {0: "batch"})
        for axis, size in enumerate(value.type.tensor_type.shape.dim):
            if axis in names or size.dim_param:
                size.dim_param = names.get(axis, f"{value.name}_{axis}")


def _save(model: Any, path: Path) -> Path | None:
    """Write a model, and return the file beside it that holds its weights, if there is one."""
    import onnx

    _strip(model)
    large = model.ByteSize() > MOST_IN_ONE_FILE
    onnx.save(model, path, save_as_external_data=large, location=path.name + WEIGHTS)
    weights = path.with_name(path.name + WEIGHTS)
    return weights if large and weights.exists() else None


def _strip(model: Any) -> None:
    """Take out of a model which lines of which files its parts were made of."""
    del model.metadata_props[:]
    del model.graph.value_info[:]  # the shapes in between, which every runtime finds out itself
    for part in [model.graph, *model.functions]:
        _strip_nodes(part)


def _strip_nodes(graph: Any) -> None:
    named = [getattr(graph, kind, ()) for kind in ("input", "output", "value_info", "initializer")]
    for each in [graph, *graph.node, *(value for values in named for value in values)]:
        if not isinstance(each, str):  # a function's inputs are just names
            each.doc_string = ""
            del each.metadata_props[:]
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])]:
                _strip_nodes(inner)
