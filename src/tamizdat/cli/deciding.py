"""How a verb asks for as many persons as the card says, before it does what cannot be taken back."""

from __future__ import annotations

import argparse

from typing import Any

from tamizdat.cli.console import Console
from tamizdat.newsroom import decisions
from tamizdat.newsroom import keys as keyring
from tamizdat.newsroom.decisions import Decided
from tamizdat.newsroom.house import House
from tamizdat.newsroom.keys import Keys


def add_options(parser: Any, *, alone: bool = False, does: str = "decides it") -> None:
    """Teach a verb who decides it, or what else that person *does*; *alone*: `--person-passphrase-file` is somebody else's."""
    parser.add_argument("--as", dest="person", default="", metavar="PERSON", help=f"who {does}, a name on the card")
    spelled = ("--as-passphrase-file", "--person-passphrase-file")
    parser.add_argument(
        *(spelled[:1] if alone else spelled),
        metavar="FILE",
        dest="as_passphrase_file",
        help="a file whose first line is that person's own passphrase",
    )


def decided(  # noqa: PLR0917 -- as `decisions.demand`
    house: House,
    keys: Keys,
    args: argparse.Namespace,
    console: Console,
    kind: str,
    subject: str,
    details: bytes,
    *,
    at: str = "",
) -> Decided:
    """
    Let the person named by the options say it; go on only where enough persons have. *at* is the place it is done in.

    Raises:
        ShortError: More persons have to say it.
        TrustError, UsageError: This one cannot.
    """
    person, passphrase = voice(args, console)
    return decisions.demand(house, keys, kind, subject, details, person, passphrase, at=at)


def voice(args: argparse.Namespace, console: Console) -> tuple[str, bytes]:
    """
    Give the person named by the options, and that person's passphrase; nothing where nobody is named.

    The keys were opened just now: the editor, whose passphrase is the newsroom's, is not asked for it again.
    """
    if not args.person or (args.person == keyring.EDITOR and not args.as_passphrase_file):
        return args.person, b""
    return args.person, console.passphrase(
        argparse.Namespace(passphrase_file=args.as_passphrase_file, named_by="--as-passphrase-file"),
        what=args.person,
    )
