"""How processes find one another, and what they refuse."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from typing import Any

import pytest
import torch

from omnigan.engine.ranks.differences import facts_of, refuse_differences
from omnigan.engine.ranks.lines import Guest, Invitation, accept, call, read_line, write_line
from omnigan.engine.ranks.place import Place
from omnigan.errors import UserError
from omnigan.recipe.load import load_recipe
from omnigan.tensor_source import TensorSource

SECOND = Place(1, 2, 1, 2, host="second")


@pytest.mark.parametrize("machines", [1, 2])
def test_only_those_with_the_key_are_let_in(machines: int) -> None:
    first = Place(0, 2, 0, 2 // machines, host="first")
    invitation, server = Invitation.open(first, "localhost")
    assert invitation.address == ("127.0.0.1" if machines == 1 else "localhost")
    with server:
        assert accept(server, invitation) is None  # nobody calls
        stranger = call(replace(invitation, key="0" * 32), SECOND)
        assert accept(server, invitation) is None
        assert read_line(stranger) == ""  # and is sent away
        noise = socket.create_connection(("127.0.0.1", invitation.port))
        noise.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert accept(server, invitation) is None
        mine = call(invitation, SECOND)
        guest = accept(server, invitation)
        assert isinstance(guest, Guest)
        assert (guest.rank, guest.host) == (1, "second")
        writing = threading.Thread(target=write_line, args=(mine, "one line"))
        writing.start()
        assert read_line(guest.connection) == "one line\n"
        writing.join()
        for connection in (stranger, noise, mine, guest.connection):
            connection.close()


def _facts(**changed: Any) -> dict[str, Any]:
    recipe = load_recipe({"domain": "mixture"}, changed.pop("overrides", ())).recipe
    x = changed.pop("x", torch.arange(20.0).reshape(10, 2) / 20)
    return {"host": "here", **facts_of(recipe, TensorSource(x)), **changed}


def test_processes_that_have_found_the_same_may_train(mixture: object) -> None:
    there = ["train.device=cpu", "train.workers=3", "train.threads=7"]
    rounded = torch.arange(20.0).reshape(10, 2) / 20 * (1 + 1e-6)
    refuse_differences([_facts(), _facts(overrides=there), _facts(x=rounded)])


def test_what_differs_is_named(mixture: object) -> None:
    x = torch.arange(20.0).reshape(10, 2) / 20
    swapped = x.clone()
    swapped[5] = swapped[5].flip(0)
    for changed, words in (
        ({"versions": {"omnigan": "7", "torch": "2"}}, "their omnigan is .* and 7"),
        ({"overrides": ["train.rate=0.5"]}, r"their recipes differ.*\n  train\.rate: .* -> 0\.5"),
        ({"x": x[:9]}, "they find 10 and 9 training examples"),
        ({"x": swapped}, "training example 5 .* is not the same"),
    ):
        with pytest.raises(UserError, match=words) as caught:
            refuse_differences([_facts(), _facts(), _facts(host="there", **changed)])
        assert "process 0 (here) and process 2 (there) cannot train together" in str(caught.value)
