"""``python -m tamizdat.demo``: what `make demo` runs."""

from __future__ import annotations

import argparse
import io
import sys

from pathlib import Path

from tamizdat.demo import walk


def main() -> None:
    """Walk the path, then serve the page until interrupted."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--into", type=Path, required=True, help="the throw-away folder")
    parser.add_argument("--from", dest="photographs", type=Path, help="your own photographs; they are only read")
    parser.add_argument("--no-serve", action="store_true", help="end after checking")
    args = parser.parse_args()
    if args.photographs and not args.photographs.is_dir():
        parser.error(f"{args.photographs} is not a folder")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A letter or a line that this terminal cannot show does not end the walk.
            stream.reconfigure(errors="replace")
    edition = walk.Walk(args.into.absolute(), args.photographs and args.photographs.absolute()).run()
    if not args.no_serve:
        walk.serve(edition)


if __name__ == "__main__":
    main()
