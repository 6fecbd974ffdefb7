"""What methods of a domain return, looked at where the engine uses it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from omnigan.errors import OmniganError
from omnigan.values import Artifact, Notify

if TYPE_CHECKING:
    from omnigan.domain import Domain

__all__ = ["artifacts", "contents", "in_few_words", "rendered"]


def artifacts(domain: Domain, method: str, made: object) -> list[Artifact]:
    """Return what a method made that writes files.

    Args:
        domain: Whose method it is.
        method: Its name.
        made: What it returned.

    Raises:
        OmniganError: That is no list of :class:`Artifact`, each of which names a file.
    """
    if not isinstance(made, list | tuple):
        raise _refusal(domain, method, "return a list with an Artifact for each file", made)
    for each in made:
        if not isinstance(each, Artifact):
            wanted = "return a list with an Artifact for each file, as in [Artifact(path, 'text')]"
            raise _refusal(domain, method, wanted, each, " in it")
        if not isinstance(each.path, Path):
            raise _refusal(domain, method, "name files by their pathlib.Path", each.path)
        if not each.path.is_file():
            raise _broken(domain, f"{method}() names {each.path}, but there is no such file.")
    return list(made)


def rendered(domain: Domain, x: Tensor, folder: Path, notify: Notify) -> list[Artifact]:
    """Write examples ``[B, *shape]`` as files, and an overview where the domain has one.

    Raises:
        OmniganError: See :func:`artifacts`.
    """
    return [
        *artifacts(domain, "render_many", domain.render_many(x, folder, notify)),
        *artifacts(domain, "overview", domain.overview(x, folder)),
    ]


def contents(domain: Domain, method: str, made: object) -> dict[str, bytes]:
    """Return what a method made that gives contents of files by name; arguments as above.

    Raises:
        OmniganError: That are no bytes by name.
    """
    wanted = "give the bytes of files by name, as in {'notes.txt': text.encode()}"
    if not isinstance(made, Mapping):
        raise _refusal(domain, method, wanted, made)
    for name, content in made.items():
        if not isinstance(name, str) or not isinstance(content, bytes):
            wrong = content if isinstance(name, str) else name
            raise _refusal(domain, method, wanted, wrong, f" for {name!a}")
    return dict(made)


def in_few_words(made: object) -> str:
    """Return what somebody wrote: "a list", "None (is a return missing?)"."""
    if made is None:
        return "None (is a return missing?)"
    return f"the class {made.__name__}" if isinstance(made, type) else f"a {type(made).__name__}"


def _refusal(
    domain: Domain, method: str, wanted: str, made: object, where: str = ""
) -> OmniganError:
    return _broken(domain, f"{method}() must {wanted}, not {in_few_words(made)}{where}.")


def _broken(domain: Domain, sentence: str) -> OmniganError:
    return OmniganError(
        f"The {type(domain).__name__} breaks a rule for domains: {sentence} That is for its author "
        "to mend; omnigan.testing.check_domain looks at all rules."
    )
