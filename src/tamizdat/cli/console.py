"""
How every command speaks: stdout is the product only, stderr is for people.

It is NOT a log: nothing said here is kept. Names that came from strangers go through `shown`.
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import importlib
import os
import re
import sys

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tamizdat.cli.meters import Lines, Meter
from tamizdat.primitives.errors import TamizdatError, UsageError


PASSPHRASE_VARIABLE: Final = "TAMIZDAT_PASSPHRASE"  # noqa: S105 -- its name, not its value
NEWSROOM_VARIABLE: Final = "TAMIZDAT_NEWSROOM"
SETTINGS: Final = "newsroom.toml"
MAX_PASSPHRASE: Final = 1024
MAX_PAGE: Final = 1 << 20
GOOD_PASSPHRASE: Final = 20
# Controls, line ends, what turns or hides text, and halves of characters: a name may hold any of them.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# The same for whole messages, which may have lines and keep Arabic names apart by isolates.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a\u202b\u202d\u202e\ud800-\udfff]")


def shown(name: bytes | str) -> str:
    r"""
    Write a stranger's name so that a terminal can only show it.

    >>> shown(b"a\x1b[2Jb\xff.jpg")
    'a\\x1b[2Jb\\xff.jpg'
    >>> shown("gpj.\u202eexe")
    'gpj.\\u202eexe'
    """
    word = name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
    return _UNSEEN.sub(_escape, word)


def _escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    if 0xDC80 <= point <= 0xDCFF:  # a byte that was no UTF-8, by surrogateescape
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


class Console:
    """One run's voice."""

    def say(self, message: str) -> None:
        """Tell a person something, on stderr."""
        self.line(message)

    def warn(self, message: str) -> None:
        """Tell a person what they should look at, on stderr."""
        self.line(f"warning: {message}")

    def line(self, message: str) -> None:
        """Write one message to stderr under the program's name."""
        with contextlib.suppress(BrokenPipeError):
            print(f"tamizdat: {_UNSAFE.sub(_escape, message)}", file=sys.stderr, flush=True)

    def product(self, text: str) -> None:
        """Give what was asked for, on stdout; nothing else is ever written there."""
        print(_UNSAFE.sub(_escape, text) if sys.stdout.isatty() else text, end="" if text.endswith("\n") else "\n")

    def fault(self, error: TamizdatError) -> None:
        """Tell what is wrong, everything that was found, and what to do now."""
        self.line(f"error: {error} [{error.code}]")
        for fault in error.faults:
            self.line(f"  {shown(fault.where)}: {fault.what}")
        told = [error.mend]
        told.extend(fault.mend for fault in error.faults)
        for mend in dict.fromkeys(word for word in told if word):
            self.line(f"mend: {mend}")

    @contextlib.contextmanager
    def progress(self, total: int | None, what: str = "working") -> Iterator[Meter]:
        """
        Show how far long work has come, how fast it goes, and how much time is left.

        On a terminal it is one bar, gone when the work is done. In a pipe, and where the terminal is a plain one
        (TERM=dumb, as screen readers and serial lines have it), it is a line now and then; short work says nothing.

        Args:
            total: How many bytes there are to do; None where nobody knows.

            what: The work, as "sealing".
        """
        if sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in {"", "dumb", "unknown"}:
            # What draws takes a tenth of a second to load: only a terminal pays for it.
            with importlib.import_module("tamizdat.cli.bars").bar(total, what) as meter:
                yield meter
        else:
            yield Lines(self.say, total, what)

    def passphrase(self, args: argparse.Namespace, *, confirm: bool = False, what: str = "the newsroom") -> bytes:
        """
        Get the passphrase: from --passphrase-file, TAMIZDAT_PASSPHRASE (with a warning), or by asking.

        Args:
            args: The command's arguments; `named_by` is what names the file, where it is another option.

            confirm: It is a new one: ask twice, and warn where it is short.

            what: Whose passphrase it is, for the question.

        Raises:
            UsageError: There is none, or there is nobody to ask.
        """
        found = self._given(args)
        if found is None:
            option = getattr(args, "named_by", "--passphrase-file")
            found = self._typed(what, confirm=confirm, option=option)
        if not found:
            raise UsageError("passphrase-none", "the passphrase is empty", mend="Choose six or more random words.")
        if confirm and len(found) < GOOD_PASSPHRASE:
            self.warn(f"this passphrase has {len(found)} characters; six random words are safer")
        return found

    def _given(self, args: argparse.Namespace) -> bytes | None:
        name = getattr(args, "passphrase_file", None)
        if name is not None:
            return self._passphrase_file(name)
        value = os.environ.get(PASSPHRASE_VARIABLE)
        if value is None:
            return None
        self.warn(f"the passphrase was taken from {PASSPHRASE_VARIABLE}, which other programs can read: for tests only")
        return os.fsencode(value)

    def _passphrase_file(self, name: str) -> bytes:
        if name == "-":
            return sys.stdin.buffer.readline(MAX_PASSPHRASE).rstrip(b"\r\n")
        try:
            with Path(name).open("rb") as stream:
                if os.name == "posix" and os.fstat(stream.fileno()).st_mode & 0o077:
                    self.warn(f"{shown(name)}: other users of this machine may be able to read this file: chmod 600")
                return stream.readline(MAX_PASSPHRASE).rstrip(b"\r\n")
        except OSError as error:
            raise UsageError(
                "passphrase-file",
                f"{shown(name)}: the passphrase file cannot be read: {error.strerror}",
                mend="Give a file whose first line is the passphrase.",
            ) from error

    def _typed(self, what: str, *, confirm: bool, option: str) -> bytes:
        self._needs_terminal(f"the passphrase of {what}", f"Give {option} FILE, or run it in a terminal.")
        first = getpass.getpass(f"Passphrase of {what}: ").encode("utf-8", "surrogateescape")
        if confirm and getpass.getpass("The same again: ").encode("utf-8", "surrogateescape") != first:
            raise UsageError("passphrase-differs", "the two passphrases differ", mend="Run the command again.")
        return first

    def yes(self, question: str) -> bool:
        """
        Ask a question that only a person may answer; anything but "yes" or "y" is no.

        Raises:
            UsageError: There is no terminal to ask at.
        """
        return self.ask(f"{question} [yes/no] ").strip().lower() in {"y", "yes"}

    def ask(self, question: str) -> str:
        """
        Ask for one line; the question is written to stderr.

        Raises:
            UsageError: There is no terminal to ask at.
        """
        self._needs_terminal(question.strip(), "Run it in a terminal, or give the option that answers this.")
        print(_UNSAFE.sub(_escape, question), end="", file=sys.stderr, flush=True)
        return sys.stdin.readline()

    def read_input(self, most: int) -> bytes:
        """Read standard input to its end, at most *most* bytes."""
        return sys.stdin.buffer.read(most)

    def typed_page(self, name: str | None) -> str:
        """
        Get what was typed off the printed recovery page: from a file, from standard input (``-``), or by asking.

        Raises:
            UsageError: The file cannot be read, or there is nobody to ask.
        """
        if name is None:
            rows: list[str] = []
            self.say("type the lines of the printed recovery page as they stand there; end with an empty line")
            while row := self.ask(f"line {len(rows) + 1}: ").strip():
                rows.append(row)
            return "\n".join(rows)
        if name == "-":
            return self.read_input(MAX_PAGE).decode("utf-8", "replace")
        try:
            with Path(name).open("rb") as stream:
                return stream.read(MAX_PAGE).decode("utf-8", "replace")
        except OSError as error:
            raise UsageError(
                "recovery-file",
                f"{shown(name)} cannot be read: {error.strerror}",
                mend="Give the file with what was typed.",
            ) from error

    def _needs_terminal(self, what: str, mend: str) -> None:
        if not sys.stdin.isatty():
            raise UsageError("no-terminal", f"there is no terminal to ask at: {what}", mend=mend)


def add_newsroom_options(parser: argparse.ArgumentParser) -> None:
    """Teach a verb where its newsroom is and where its passphrase comes from."""
    parser.add_argument(
        "--newsroom",
        metavar="DIR",
        help=f"the newsroom's folder (else {NEWSROOM_VARIABLE}, else the folder above that holds {SETTINGS})",
    )
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="a file whose first line is the passphrase (- for standard input); asked for where it is not given",
    )


def find_newsroom(args: argparse.Namespace) -> Path:
    """
    Find the newsroom: --newsroom, TAMIZDAT_NEWSROOM, or by walking up to newsroom.toml.

    Raises:
        UsageError: There is none.
    """
    named = getattr(args, "newsroom", None) or os.environ.get(NEWSROOM_VARIABLE)
    if named:
        if (Path(named) / SETTINGS).is_file():
            return Path(named).absolute()
        raise UsageError(
            "newsroom-not-found",
            f"{shown(named)} is no newsroom: there is no {SETTINGS} in it",
            mend="Give the newsroom's folder, or make one with `tamizdat newsroom init DIR`.",
        )
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SETTINGS).is_file():
            return folder
    raise UsageError(
        "newsroom-not-found",
        f"there is no {SETTINGS} in this folder or above it",
        mend="Go to the newsroom's folder, or give --newsroom DIR.",
    )
