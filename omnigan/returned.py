"""What methods of a domain return, looked at where the engine uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from omnigan.errors import OmniganError
from omnigan.values import Artifact, Conditions, Notify

if TYPE_CHECKING:
    from omnigan.domain import Domain

__all__ = [
    "Breach",
    "artifacts",
    "conditions",
    "contents",
    "in_few_words",
    "latent",
    "misfit",
    "objects",
    "rendered",
    "tensor",
    "tensors",
    "wished",
]


class Breach(OmniganError):
    """A domain breaks a rule of the contract."""


def artifacts(domain: Domain, method: str, made: object) -> list[Artifact]:
    """Return what a method made that writes files.

    Args:
        domain: Whose method it is.
        method: Its name.
        made: What it returned.

    Raises:
        Breach: That is no list of :class:`Artifact`, each of which names a file.
    """
    if not isinstance(made, list | tuple):
        raise misfit(domain, method, "return a list with an Artifact for each file", made)
    for each in made:
        if not isinstance(each, Artifact):
            wanted = "return a list with an Artifact for each file, as in [Artifact(path, 'text')]"
            raise misfit(domain, method, wanted, each, " in it")
        if not isinstance(each.path, Path):
            raise misfit(domain, method, "name files by their pathlib.Path", each.path)
        if not each.path.is_file():
            raise _broken(domain, f"{method}() names {each.path}, but there is no such file.")
    return list(made)


def contents(domain: Domain, method: str, made: object) -> dict[str, bytes]:
    """Return what a method made that gives contents of files by name; arguments as above.

    Raises:
        Breach: That are no bytes by name.
    """
    wanted = "give the bytes of files by name, as in {'notes.txt': text.encode()}"
    if not isinstance(made, Mapping):
        raise misfit(domain, method, wanted, made)
    for name, content in made.items():
        if not isinstance(name, str) or not isinstance(content, bytes):
            wrong = content if isinstance(name, str) else name
            raise misfit(domain, method, wanted, wrong, f" for {name!a}")
    return dict(made)


def rendered(domain: Domain, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
    """Write examples ``[B, *shape]`` as files, and an overview where the domain has one.

    Raises:
        Breach: See :func:`artifacts`.
    """
    return [
        *artifacts(domain, "render_many", domain.render_many(x, folder, notify)),
        *artifacts(domain, "overview", domain.overview(x, folder)),
    ]


def objects(domain: Domain, x: Tensor) -> list[Any]:
    """Return natural objects, one for each of some examples ``[B, *shape]``.

    Raises:
        Breach: It is no list of as many.
    """
    made: object = domain.objects(x)
    if not isinstance(made, list | tuple) or len(made) != len(x):
        raise misfit(domain, "objects", f"return a list of {len(x)}, one an example", made)
    return list(made)


def conditions(
    domain: Domain, label: str | None, chosen: Conditions, rng: torch.Generator
) -> dict[str, Tensor]:
    """Return the conditions ``[1, ...]`` of an example, with what nobody chose filled in.

    Raises:
        Breach: That are no tensors by name.
    """
    known = {} if label is None else tensors(domain, "condition", domain.condition(label, 1))
    return tensors(domain, "complete", domain.complete({**known, **chosen}, rng))


def latent(domain: Domain, n: int, rng: torch.Generator) -> dict[str, Tensor]:
    """Return the latent inputs ``[n, ...]`` of n examples; see :func:`tensors`."""
    return tensors(domain, "latent", domain.latent(n, rng))


def wished(domain: Domain, wish: str, rng: torch.Generator) -> dict[str, Tensor]:
    """Return the inputs ``[1, ...]`` that somebody asks for; see :func:`tensors`."""
    return tensors(domain, "ask", domain.ask(wish, rng))


def tensors(domain: Domain, method: str, made: object) -> dict[str, Tensor]:
    """Return what a method made that gives inputs by name; arguments as above.

    Raises:
        Breach: That are no tensors by name.
    """
    wanted = "give tensors by name, as in {'z': ...}"
    if not isinstance(made, Mapping):
        raise misfit(domain, method, wanted, made)
    for name, value in made.items():
        if not isinstance(value, Tensor):
            raise misfit(domain, method, wanted, value, f" for {name!a}")
    return dict(made)


def tensor(domain: Domain, method: str, made: object, shape: Sequence[int | str]) -> Tensor:
    """Return what a method made that gives a tensor; the first arguments as above.

    Args:
        domain: Whose method it is.
        method: Its name.
        made: What it returned.
        shape: That it must have; a name stands for any size.

    Raises:
        Breach: That is no such tensor.
    """
    wanted = f"return a tensor [{', '.join(map(str, shape))}]"
    if not isinstance(made, Tensor):
        raise misfit(domain, method, wanted, made)
    sizes = zip(shape, made.shape, strict=False)
    if len(shape) != made.dim() or any(size not in (own, str(size)) for size, own in sizes):
        raise _broken(domain, f"{method}() must {wanted}, not {[*made.shape]}.")
    return made


def in_few_words(made: object) -> str:
    """Return what somebody wrote: "a list", "None (is a return missing?)"."""
    if made is None:
        return "None (is a return missing?)"
    return f"the class {made.__name__}" if isinstance(made, type) else f"a {type(made).__name__}"


def misfit(domain: Domain, method: str, wanted: str, made: object, where: str = "") -> Breach:
    """Return the breach of a method that returned something else than what is wanted."""
    return _broken(domain, f"{method}() must {wanted}, not {in_few_words(made)}{where}.")


def _broken(domain: Domain, sentence: str) -> Breach:
    return Breach(
        f"The {type(domain).__name__} breaks a rule for domains: {sentence} That is for its author "
        "to mend; omnigan.testing.check_domain looks at all rules."
    )
