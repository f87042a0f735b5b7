"""
The command line: find the verb, import only its module, run it, say what went wrong.

It is NOT where work is done: each verb is one file beside this one, with ``add_parser(verbs)``
and ``run(args, console)``. The exit status is the class of the fault (docs/errors.md).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import traceback

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, NoReturn

from tamizdat.cli.console import Console, shown
from tamizdat.primitives.errors import TamizdatError, UsageError


# verb: (its module, what it does in a few words; the verb's own parser says the same)
VERBS: Final[dict[str, tuple[str, str]]] = {
    "seal": ("tamizdat.cli.seal", "seal files for a newsroom and split them into parts to carry"),
    "check": ("tamizdat.cli.check", "say what the parts at hand are good for"),
    "plan": ("tamizdat.cli.plan", "say how many parts to make for which carriers, and what may be lost"),
    "mint": ("tamizdat.cli.mint", "make more parts later"),
    "sheet": ("tamizdat.cli.sheet", "put a testimony, a card or an announcement on paper, and read it back"),
    "join": ("tamizdat.cli.join", "put enough parts together into one sealed file"),
    "watch": ("tamizdat.cli.watch", "join what drops into a folder, as it comes"),
    "open": ("tamizdat.cli.open", "open a sealed file, or its parts, with its key"),
    "newsroom": (
        "tamizdat.cli.newsroom",
        "make a newsroom, show its card, write its page, rehearse its recovery, add a person, back up, restore",
    ),
    "receive": ("tamizdat.cli.receive", "take in what arrived, and report every file"),
    "objects": ("tamizdat.cli.objects", "list what the vault holds"),
    "redact": ("tamizdat.cli.redact", "write out an original with parts hidden, and the proof of the rest"),
    "story": ("tamizdat.cli.story", "check a story, or approve it"),
    "publish": ("tamizdat.cli.publish", "make the edition: pages, feeds, signed list"),
    "verify": ("tamizdat.cli.verify", "check an edition or a picture, offline, in plain words"),
    "serve": ("tamizdat.cli.serve", "show an edition to this machine's browser"),
    "log": ("tamizdat.cli.log", "keep the newsroom's public record"),
    "vault": (
        "tamizdat.cli.vault",
        "check the newsroom's vault, rebuild the catalogue from it, export or destroy originals",
    ),
}
NEWSROOM_PACKAGES: Final = frozenset({"babel", "c2pa", "jinja2", "lxml", "markdown_it", "nh3", "PIL", "yaml", "segno"})
PAPER_PACKAGES: Final = frozenset({"PIL", "reportlab", "segno", "zxingcpp"})
INTERRUPTED: Final = 130


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are faults like any other."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise UsageError("usage", message, mend=f"See `{self.prog} --help`.")


class _Version(argparse.Action):
    """Tell the version; looked up only when asked for, for that takes longer than most commands take to start."""

    def __call__(self, *_: object) -> NoReturn:
        """Tell it, and end."""
        print(f"tamizdat {importlib.import_module('importlib.metadata').version('tamizdat')}")
        raise SystemExit(0)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = _take_debug(words)
    _set_streams()
    console = Console()
    try:
        status = _guarded(words, console, debug=debug)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone: no message, and no second complaint at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _guarded(words: list[str], console: Console, *, debug: bool) -> int:
    try:
        _run(words, console)
    except TamizdatError as error:
        console.fault(error)
        _trace(error, debug=debug)
        return error.exit_status
    except KeyboardInterrupt:
        console.line("interrupted; nothing half done is left that a second run would not mend")
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        name = f"{shown(os.fspath(error.filename))}: " if isinstance(error.filename, str | bytes | Path) else ""
        console.line(f"error: {name}{error.strerror or type(error).__name__} [system]")
        console.line("mend: Look at that file, folder or disk, then run the command again.")
        _trace(error, debug=debug)
        return 5
    except SystemExit as end:  # --help and --version, by argparse
        return end.code if isinstance(end.code, int) else 0
    except Exception as error:  # noqa: BLE001 -- the one place: a person sees one line, not a traceback
        console.line(f"error: this is a fault in Tamizdat: {_where(error)} [internal]")
        console.line("mend: Run it again with --debug and tell the maintainers what it says; look it over first.")
        _trace(error, debug=debug)
        return 1
    return 0


def _run(words: list[str], console: Console) -> None:
    asked = next((word for word in words if not word.startswith("-")), None)
    args = _parser(asked).parse_args(words)
    run = getattr(args, "run", None)
    if run is None:
        named = f"tamizdat {asked}" if asked else "tamizdat"
        raise UsageError("usage", f"`{named}` wants a verb after it", mend=f"See `{named} --help`.")
    try:
        run(args, console)
    except ImportError as error:
        raise _missing(error, asked) from error


def _parser(asked: str | None) -> Parser:
    parser = Parser(
        prog="tamizdat",
        description="Get evidence out past people who search bags, and publish it so that anyone can check it.",
        epilog="Young and unaudited: do not yet stake a life on it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the program's version and end")
    parser.add_argument("--debug", action="store_true", help="show where a fault arose (no values are shown)")
    verbs = parser.add_subparsers(metavar="VERB", title="verbs")
    for verb, (module, help_) in VERBS.items():
        if verb == asked:
            _module(module, verb).add_parser(verbs)
        else:
            verbs.add_parser(verb, help=help_, add_help=False)
    return parser


def _module(name: str, verb: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _missing(error, verb) from error


def _missing(error: ImportError, verb: str | None) -> Exception:
    package = (error.name or "").partition(".")[0]
    extra = "paper" if verb == "sheet" else "newsroom"
    if package not in (PAPER_PACKAGES if extra == "paper" else NEWSROOM_PACKAGES):
        return error
    return UsageError(
        "extra-missing",
        f"`tamizdat {verb}` needs {package}, which is not installed",
        mend=f"Install it: pip install 'tamizdat[{extra}]'",
    )


def _take_debug(words: list[str]) -> bool:
    """Take --debug out of *words*, wherever before a bare -- it stands."""
    end = words.index("--") if "--" in words else len(words)
    before = [word for word in words[:end] if word != "--debug"]
    found = len(before) != end
    words[:end] = before
    return found


def _set_streams() -> None:
    """Let a name that this terminal cannot show be escaped, not end the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _where(error: Exception) -> str:
    # Never the message: it may hold a value that nobody should see.
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _trace(error: BaseException, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main())
