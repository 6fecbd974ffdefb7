"""``omnigan domains`` and ``omnigan new-domain``: what there is, and a new one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from omnigan.cli.common import print_json
from omnigan.cli.options import Json
from omnigan.errors import UserError
from omnigan.plugins import DomainEntry, available, load_domain, shadowed

__all__ = ["domains", "new_domain"]


def domains(
    check: Annotated[bool, typer.Option("--check", help="Load each of them.")] = False,
    json: Json = False,
) -> None:
    """List the installed domains."""
    entries = available()
    states = {entry.full_name: _state(entry) for entry in entries} if check else {}
    if json:
        print_json([_row(entry, states.get(entry.full_name)) for entry in entries])
    else:
        width = max((len(entry.name) for entry in entries), default=0)
        for entry in entries:
            hint = f"  (write {entry.full_name})" if shadowed(entry, entries) else ""
            state = f"  {states[entry.full_name]}" if check else ""
            print(
                f"{entry.name:{width}}  {entry.distribution} {entry.version}  {entry.value}"
                f"{hint}{state}"
            )
        if not entries:
            print("No domains are installed.")
    if any(state != "ok" for state in states.values()):
        raise typer.Exit(1)


def _state(entry: DomainEntry) -> str:
    try:
        load_domain(entry.full_name)
    except UserError as error:
        return f"broken: {error}"
    return "ok"


def _row(entry: DomainEntry, state: str | None) -> dict[str, Any]:
    row = {
        "name": entry.name,
        "distribution": entry.distribution,
        "version": entry.version,
        "value": entry.value,
    }
    return row if state is None else {**row, "state": state}


def new_domain(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What recipes will call it, as in heart-beats.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its folder; otherwise omnigan-NAME here.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a small package with a domain that works, for you to change."""
    from omnigan.scaffold import write_package

    folder, *files = write_package(name, out)
    [recipe] = [path for path in files if path.suffix == ".yaml"]
    if json:
        names = [str(path) for path in files]
        print_json({"out": str(folder), "files": names, "recipe": str(recipe)})
        return
    for path in files:
        print(path)
    place = shlex.quote(str(folder))
    print(f'Next: cd {place} && pip install -e ".[test]" && pytest && omnigan train {recipe.name}')
