"""A newsroom made once a run by the real command, its passphrase cheap on purpose, copied for each test that wants one."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import functools
import io
import re
import shutil
import subprocess
import sys
import tempfile

from pathlib import Path
from unittest import mock

from tamizdat.adapters.place import Place
from tamizdat.cli import main as cli
from tamizdat.primitives import card as cards
from tamizdat.primitives import words
from tamizdat.primitives.age import file as age
from tamizdat.primitives.age import recipients


PASSPHRASE = "six plain words for the tests"
REPORT = re.compile(r"(\d+) in = (\d+) stored \+ (\d+) duplicate \+ (\d+) refused")


@dataclasses.dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> tuple[int, ...]:
        """What `receive` counted: in, stored, duplicate, refused; of all its reports together."""
        return tuple(map(sum, zip(*(map(int, found) for found in REPORT.findall(self.out)), strict=True)))


def run(*words_: object, given: bytes = b"") -> Done:
    """
    Run a command as a user types it, in this process.

    Whatever it does, nobody sees a traceback, an inner fault or the passphrase.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in "12")
    typed = io.TextIOWrapper(io.BytesIO(given))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "stdin", typed):
        status = cli.main([str(word) for word in words_])
        sys.stderr.flush()
    done = Done(status, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]
    decent(done.out + done.err)
    return done


def decent(told: str) -> None:
    """Refuse what no user may ever be shown."""
    assert "Traceback" not in told, told
    assert "[internal]" not in told, told
    assert PASSPHRASE not in told
    assert "AGE-SECRET-KEY" not in told


def refused(done: Done, status: int, code: str) -> str:
    """Demand one clear error: what, where, what to do now, and nothing as the product; give what was said."""
    assert done.status == status, done.err
    lines = done.err.splitlines()
    errors = [line for line in lines if line.startswith("tamizdat: error: ")]
    assert len(errors) == 1, done.err
    assert errors[0].endswith(f" [{code}]"), done.err
    assert any(line.startswith("tamizdat: mend: ") for line in lines), done.err
    return done.err


def listing(folder: Path) -> dict[str, bytes | None]:
    """Give everything in a folder, so that before and after can be compared."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.name != ".lock"
    }


@dataclasses.dataclass(frozen=True)
class Room:
    """A newsroom on this disk."""

    path: Path

    @property
    def card(self) -> Path:
        return self.path / "card.txt"

    @property
    def words(self) -> str:
        return " ".join(words.card_words(cards.fingerprint(self.card.read_bytes())))

    @property
    def secret(self) -> list[str]:
        """The options that say which newsroom it is, and its passphrase."""
        return ["--newsroom", str(self.path), *self.passphrase]

    @property
    def passphrase(self) -> list[str]:
        return ["--passphrase-file", str(self.path / ".passphrase-for-tests")]

    @property
    def identity(self) -> str:
        """The newsroom's key in clear, for other people's tools."""
        raw = (self.path / "keys/identity.age").read_bytes()
        return age.open_(raw, [recipients.Passphrase(PASSPHRASE.encode())]).decode()

    def seal(self, *words_: object) -> Done:
        return run("seal", "--for", self.card, "--card-words", self.words, *words_)

    def receive(self, *words_: object) -> Done:
        return run("receive", *self.secret, *words_)

    def moved(self) -> Room:
        """Say that this copy is the newsroom from now on; to the newsroom's own eyes it is a restored backup."""
        Place(self.path).mark()
        return self

    def sound(self) -> None:
        """Demand that the vault and the public record are whole."""
        for verb in ("vault", "log"):
            done = run(verb, "fsck", "--newsroom", self.path)
            assert done.status == 0, done.err

    def clean(self, *markers: bytes) -> None:
        """Demand that nothing half done is left, and no plaintext lies anywhere in the folder."""
        for path in self.path.rglob("*"):
            assert not re.search(r"\.tmp$|\.part$|desk/spool|desk/unfinished|/\.busy$|\.staging", str(path)), path
            if path.is_file():
                data = path.read_bytes()
                assert not any(marker in data for marker in markers), path


@functools.cache
def _template(classical: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tamizdat-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    secret = folder / "passphrase"
    secret.write_text(f"{PASSPHRASE}\n")
    secret.chmod(0o600)
    more = ["--classical"] if classical else []
    done = run(
        "newsroom", "init", folder / "room", "--name", "The Example Courier", "--origin", "news.example/record",
        "--work-factor", "2", "--passphrase-file", secret, *more,
    )  # fmt: skip
    assert done.status == 0, done.err
    secret.rename(folder / "room/.passphrase-for-tests")
    return folder / "room"


def make(folder: Path, *, classical: bool = False) -> Room:
    """Give a newsroom of one's own."""
    shutil.copytree(_template(classical), folder)
    return Room(folder).moved()


def process(*words_: object, preamble: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, after *preamble* has been done there."""
    script = f"import sys\n{preamble}\nfrom tamizdat.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    return subprocess.run([sys.executable, "-c", script, *map(str, words_)], capture_output=True, check=False)
