"""What every test gets: no network, one thread, and the shared corpora where they lie beside the checkout."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

# A busy machine is no failure, and a run that failed must fail again.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

LOCAL = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(autouse=True, scope="session")
def offline() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def connect_locally(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise AssertionError(f"a test connects to {address[0]}; tests must work offline")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_locally)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real corpora and weights: $TONELENS_SHARED, or `shared` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("TONELENS_SHARED", beside))
    if not (folder / "corpora").is_dir():
        pytest.skip("needs the shared corpora beside the checkout, or in the folder TONELENS_SHARED names")
    return folder
