"""What every test shares: one torch thread, fixed seeds and a cache of the session's own."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings

pytest_plugins = ["limits", "tiny_recipes"]

# How long an example takes says more about the machine than about the code.
settings.register_profile("omnigan", deadline=None)
settings.load_profile("omnigan")

# More threads only slow small tensors down, and child processes should do as we do.
os.environ["OMP_NUM_THREADS"] = "1"
torch.set_num_threads(1)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: in full they are unreadable, and a time stamp in them differs
    between the worker processes, which must collect the same names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Parse embedded data at most once a session, away from the user's own cache.

    Worker processes share it. Set OMNIGAN_CACHE to keep the parsed form from one session to the
    next.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    os.environ.setdefault("OMNIGAN_CACHE", str(shared / "cache"))


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture
def mixture(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Install the distribution omnigan-mixture of a third party, here and in child processes.

    Returns:
        Its module: mixtures of Gaussians in the plane, quick to train.
    """
    return _third_party("omnigan_mixture", monkeypatch)


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Install the distribution omnigan-chain of a third party, here and in child processes.

    Returns:
        Its module: words of a Markov chain, a discrete space in which every likelihood is known.
    """
    return _third_party("omnigan_chain", monkeypatch)


def _third_party(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = str(Path(__file__).parent / "thirdparty")
    monkeypatch.syspath_prepend(folder)
    above = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([folder, *above]))
    return import_module(name)


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the distribution acme 1.2 of another party, which offers a good domain and bad ones.

    Returns:
        The folder that a child process needs on its path to see it too.
    """
    folder = Path(__file__).parent / "acme"
    monkeypatch.syspath_prepend(folder)
    return folder


BROWSER_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # it is small in containers
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # whatever a page asks for elsewhere, it does not get
    "--host-resolver-rules=MAP * ^NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Start Chromium without a window, cut off from the network; it reaches 127.0.0.1 and files.

    Returns:
        A selenium WebDriver that keeps the logs ``browser`` (messages) and ``performance``.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("there is no Chromium with its chromedriver (Debian: chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*BROWSER_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield started
    started.quit()
