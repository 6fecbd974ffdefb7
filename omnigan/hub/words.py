"""What goes wrong with the Hub, in one sentence."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from omnigan.errors import OmniganError, UserError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["api_of_hub", "in_words"]

OUT_OF_REACH = (ConnectionError, TimeoutError, socket.gaierror)
"""What the errors of every HTTP client are raised for where there is no network."""


def api_of_hub() -> HfApi:
    """Return the client; token and endpoint are those that the user has set up for it.

    Raises:
        UserError: It is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise UserError("The Hub needs another package: pip install 'omnigan[hub]'") from error
    from omnigan import __version__

    return HfApi(library_name="omnigan", library_version=__version__)


@contextmanager
def in_words(repository: str, revision: str | None = None) -> Iterator[None]:
    """Turn every failure of the client into one sentence.

    Raises:
        UserError: There is no such repository or revision, or this user may not use it.
        OmniganError: The Hub cannot be reached, or does not answer as it should.
    """
    from huggingface_hub import constants, errors

    host = constants.ENDPOINT
    try:
        yield
    except OmniganError:
        raise
    except errors.GatedRepoError as error:
        raise UserError(
            f"'{repository}' asks for consent: give it at {host}/{repository}, then hf auth login."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"There is no model '{repository}' at {host}, or it is private: then hf auth login."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UserError(f"'{repository}' has no revision '{revision}'.") from error
    except errors.HfHubHTTPError as error:
        if error.response.status_code in (401, 403):
            raise UserError(
                f"You may not do this with '{repository}': hf auth login with a token that may."
            ) from error
        raise OmniganError(f"{host} answers: {_reason(error)}") from error
    except errors.OfflineModeIsEnabled as error:
        raise UserError(
            f"'{repository}' cannot be used offline: HF_HUB_OFFLINE is set, and it is not in the "
            "cache."
        ) from error
    # Below it are an HTTP client whose errors depend on its version, files and sockets.
    except Exception as error:
        raise OmniganError(f"{host} cannot be used: {_reason(error)}{_hint(error)}") from error


def _reason(error: BaseException) -> str:
    """Return what an error says, and what the ones say that it was raised for, if they do more."""
    first, *others = dict.fromkeys(_first_line(each) for each in _chain(error))
    return f"{first} ({': '.join(others)})" if others else first


def _hint(error: BaseException) -> str:
    if not any(isinstance(each, OUT_OF_REACH) for each in _chain(error)):
        return ""
    return ". Connect to the network, or name another Hub in HF_ENDPOINT."


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, the one that it was raised for, and so on; clients hide some of them."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
