"""`tonelens ...` as a shell runs it, without the seconds that a new process needs to import torch."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from tonelens.cli.main import main


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def complaints(self) -> list[str]:
        return self.stderr.splitlines()


def tonelens(*arguments: object, stdin: bytes = b"") -> Ended:
    """Run one command."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    argv = ["tonelens", *map(str, arguments)]
    typed = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    exit_code: object = None
    with (
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(sys, "stdin", typed),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            exit_code = end.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))  # type: ignore[attr-defined]
    return Ended(int(str(exit_code)), *texts)
