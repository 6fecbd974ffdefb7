"""``omnigan doctor``: what is installed, what is missing, and what to type."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from typing import Any

from omnigan.cli.common import print_json
from omnigan.cli.options import Json
from omnigan.plugins import available

__all__ = ["doctor"]

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)[^;]*(?:;.*\bextra\s*==\s*['\"]([^'\"]+)['\"])?")


def doctor(json: Json = False) -> None:
    """Show versions, the device, domains, extras and folders."""
    report = _report()
    if json:
        print_json(report)
        return
    for title, value in report.items():
        if isinstance(value, dict):
            print(f"{title}:")
            for name, entry in value.items():
                print(f"  {name}: {_said(entry)}")
        else:
            print(f"{title}: {_said(value)}")


def _report() -> dict[str, Any]:
    from omnigan import __version__
    from omnigan.cache import cache_folder, cache_size

    core, extras = _requirements()
    return {
        "omnigan": __version__,
        "python": f"{platform.python_version()} on {platform.platform()}",
        "packages": {name: _version(name) for name in core},
        "torch": _torch(),
        "domains": {entry.full_name: entry.version for entry in available()},
        "extras": {name: _extra(name, packages) for name, packages in extras.items()},
        "cache": str(cache_folder()),
        "cache bytes": cache_size(),
    }


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Return the packages that omnigan needs, and those of each extra."""
    try:
        lines = metadata.requires("omnigan") or []
    except metadata.PackageNotFoundError:
        lines = []  # run from a source tree that is not installed
    core: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in lines:
        match = _REQUIREMENT.match(line)
        if match is None or match[1] == "omnigan":  # an extra made of other extras
            continue
        (extras.setdefault(match[2], []) if match[2] else core).append(match[1])
    return core, extras


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _extra(name: str, packages: list[str]) -> dict[str, Any]:
    missing = [package for package in packages if _version(package) is None]
    if not missing:
        return {"installed": True}
    return {"installed": False, "missing": missing, "install": f'pip install "omnigan[{name}]"'}


def _torch() -> dict[str, Any]:
    try:
        import torch
    except (ImportError, OSError) as error:
        return {"broken": str(error)}
    from omnigan.engine.device import pick_device

    device = pick_device("auto")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "version": torch.__version__,
        "device": f"{device} ({name})",
        "bf16": device.type != "cuda" or torch.cuda.is_bf16_supported(),
        "threads": f"{torch.get_num_threads()} of {os.cpu_count()} cores",
    }


def _said(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict) and "installed" in value:
        if value["installed"]:
            return "installed"
        return f"missing {_said(value['missing'])}; {value['install']}"
    return str(value)
