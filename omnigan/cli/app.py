"""The command ``omnigan``: its commands, and how failures are told."""

from __future__ import annotations

import io
import signal
import sys
import time
from collections.abc import Sequence
from typing import Annotated, cast

import typer

from omnigan.cli import (
    doctor,
    domains,
    exploring,
    pushing,
    recipes,
    reporting,
    results,
    scoring,
    sharing,
    training,
)
from omnigan.cli.common import first_rank
from omnigan.errors import OmniganError, UserError, UserErrors, did_you_mean, lacks_memory

__all__ = ["app", "main"]

app = typer.Typer(
    help="Train GANs on your own images, music, sound and text.",
    epilog="A first run: omnigan recipes, then omnigan train NAME.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich would double the time it takes
)
for command in (
    training.train,
    results.sample,
    results.evaluate,
    reporting.report,
    scoring.score,
    sharing.export,
    pushing.push,
    exploring.interpolate,
    exploring.invert,
    exploring.augment,
    training.check,
    domains.domains,
    domains.new_domain,
):
    app.command()(command)
app.add_typer(recipes.app, name="recipes")
app.command()(doctor.doctor)

LAST = 2.0
"""Seconds that other processes wait with a mistake on the command line, for the first to say it."""
# The base of everything that typer raises about a wrong command line; its home depends on the
# version of typer.
_UsageError = cast("type[Exception]", typer.BadParameter.__mro__[1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        arguments: Words after ``omnigan``; None takes them from the process.

    Returns:
        0, 1 for a failure, 2 for a user's mistake, 128 + n after signal n.
    """
    if arguments is None and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may lack signs of a name
    try:
        status = app(
            args=None if arguments is None else list(arguments),
            prog_name="omnigan",
            standalone_mode=False,
        )
    except KeyboardInterrupt:  # while the commands are put together; later typer catches it
        return 128 + signal.SIGINT
    except UserErrors as error:
        return _complain([] if error.told else error.problems, error.exit_status)
    except OmniganError as error:
        return _complain([] if error.told else [str(error)], error.exit_status)
    except _UsageError as error:
        return _misused(error)
    except (Exception, SystemExit) as error:
        told = _told(error)
        if told is None:
            raise  # a defect, which is not to be hidden
        return _complain([told], OmniganError.exit_status)
    return status if isinstance(status, int) else 0


def _told(error: Exception | SystemExit) -> str | None:
    """Return a failure of the machine or of somebody's own domain in words; None of others."""
    short = lacks_memory(error)
    if not short and "omnigan.domain" in sys.modules:  # else there is no domain at fault
        from omnigan.breaches import failure_in_words

        if (found := failure_in_words(error)) is not None:
            return str(found)
    if not short and not isinstance(error, OSError):
        return None
    return f"The machine refuses: {'there is not enough memory' if short else error}"


def _misused(error: Exception) -> int:
    """Say what is wrong with a command line, and return the exit status."""
    if not first_rank():  # which says the same, and is killed when another one ends
        time.sleep(LAST)
        return UserError.exit_status
    text: str = _refused(error) or error.format_message()  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    if _is_setting(error, context):
        text = f"{text.partition(' (')[0]}. Settings are KEY=VALUE, such as train.steps=3000."
    command = "omnigan" if context is None else context.command_path
    return _complain([f"{text}\n  See '{command} --help'."], UserError.exit_status)


def _refused(error: Exception) -> str:
    """Return what is wrong with the value of an option in the words of recipes, or ""."""
    from pydantic import ValidationError

    reason, [option, *_] = error.__cause__, getattr(getattr(error, "param", None), "opts", [""])
    if not isinstance(reason, ValidationError) or not option.startswith("-"):
        return ""
    from omnigan.recipe.explain import value_refused

    return f"{option} {value_refused(reason)}"


def _is_setting(error: Exception, context: typer.Context | None) -> bool:
    """Tell whether somebody wrote a setting of a recipe as if it were an option."""
    if context is None or context.info_name not in ("train", "check"):
        return False
    if not hasattr(error, "possibilities"):  # the option is known
        return False
    known = [option.lstrip("-") for option in error.possibilities or ()]
    return not did_you_mean(getattr(error, "option_name", "").lstrip("-"), known)


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from omnigan import __version__

        print(f"omnigan {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def _complain(messages: Sequence[str], status: int) -> int:
    mark = "" if status > 128 else "error: "  # being stopped is no error
    for message in messages:
        print(f"{mark}{message}", file=sys.stderr)
    return status
