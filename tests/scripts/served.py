"""Commands that serve until they are ended, each in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import urllib.parse

from collections.abc import Iterator
from typing import Any, Self


SCRIPT = "import sys; from tamizdat.cli.main import main; sys.exit(main(sys.argv[1:]))"


@contextlib.contextmanager
def serving(lines: int, *words: object) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run a command that serves; give its process and the first lines it says."""
    command = [sys.executable, "-c", SCRIPT, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            told = [process.stdout.readline().strip() for _ in range(lines)]
            assert all(told), process.stderr.read()
            yield process, told
        finally:
            process.kill()
            process.communicate()


class Line:
    """A connection that is kept open until the block ends."""

    def __init__(self, address: str) -> None:
        self._line = http.client.HTTPConnection(
            urllib.parse.urlsplit(address).netloc, timeout=240
        )  # only against hanging

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Give the status, the body, and the headers of the answer by their names in small letters."""
        self._line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = self._line.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}


def asked(address: str, *words: Any, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """Ask once."""
    with Line(address) as one:
        return one.ask(*words, **headers)
