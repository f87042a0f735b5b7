"""
A validator for OCFL 1.0 and 1.1: one object, or a whole storage root.

It reports all faults, each with the code of the standard's own list in small letters after ``ocfl-``;
it mends nothing. A Store shows no empty folders, so who wants them judged names them (`empty`).
The format is https://ocfl.io/1.1/spec/ and its validation-codes.md.
"""

from __future__ import annotations

import json
import re

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tamizdat.primitives.errors import AdapterError, Fault
from tamizdat.primitives.ports import Store
from tamizdat.record import inventory
from tamizdat.record.ocfl_object import DECLARATION, MAX_INVENTORY, MEND, deaf, inspect


_ROOT: Final = re.compile(r"0=ocfl_(1\.[01])")


def validate(
    store: Store, prefix: str = "", *, empty: Iterable[str] = (), progress: Callable[[int], None] = deaf
) -> list[Fault]:
    """
    Validate the storage root or the object at *prefix*, and report all faults; none means valid.

    *empty* are the names of folders with nothing in them; *progress* is told the bytes read.
    """
    names = [name[len(prefix) + bool(prefix) :] for name in store.names(prefix)]
    is_object = any(DECLARATION.fullmatch(name) or name == "inventory.json" for name in names)
    if not is_object and any(_ROOT.fullmatch(name) or DECLARATION.fullmatch(name.split("/")[-1]) for name in names):
        return [*check_root(store, prefix), *_check_hierarchy(store, prefix, set(empty), progress)]
    return list(inspect(store, prefix, empty=empty, progress=progress).faults)


def check_root(store: Store, prefix: str = "") -> Iterator[Fault]:
    """Check a storage root's own files (4.1 to 4.4): its declaration, its layout, its extensions."""
    below = f"{prefix}/" if prefix else ""
    names = [name[len(below) :] for name in store.names(prefix)]
    tops = [name for name in names if "/" not in name]
    yield from _check_declaration(store, below, tops)
    if "ocfl_layout.json" in tops:
        yield from _say(
            _layout(_small(store, f"{below}ocfl_layout.json")), f"{below}ocfl_layout.json", "it names no layout"
        )
    for name in names:
        if name.startswith("extensions/") and name.count("/") == 1:
            yield from _say("E067 E112", below + name, "a file lies among the extensions")


def _check_declaration(store: Store, below: str, tops: list[str]) -> Iterator[Fault]:
    good = [name for name in tops if _ROOT.fullmatch(name)]
    for name in tops:
        if re.match(r"[0-9]*=", name) and name not in good:
            yield from _say("E075 E077 E079", below + name, "this is no declaration of an OCFL storage root")
    if not good:
        yield from _say("E069 E076", f"{below}0=ocfl_1.1", "the storage root has no declaration")
    if len(good) > 1:
        yield from _say("E076", below + good[0], "the storage root has more than one declaration")
    for name in good:
        if _small(store, below + name) != f"{name[2:]}\n".encode("ascii"):
            yield from _say("E080", below + name, "the declaration's text is not its name")


def _check_hierarchy(store: Store, prefix: str, empty: set[str], progress: Callable[[int], None]) -> Iterator[Fault]:
    """Find every object below a storage root, inspect it, and report what lies between (4.2)."""
    below = f"{prefix}/" if prefix else ""
    names = list(store.names(prefix))
    objects = _objects(names)
    inside = tuple(f"{at}/" for at in objects)
    yield from _check_between(names, below, inside, empty)
    spec = max((match[1] for name in names if (match := _ROOT.fullmatch(name[len(below) :]))), default="1.1")
    ids: dict[str, str] = {}
    for at, declared in objects.items():
        yield from inspect(store, at, empty=empty, progress=progress).faults
        if declared > spec:
            yield from _say("E081", at, f"the object keeps to OCFL {declared}, its storage root to {spec}")
        object_id = inventory.examine(_small(store, f"{at}/inventory.json")).object_id
        if object_id and object_id in ids:
            yield from _say("E037 E083", at, f"the id {object_id!r} is also that of {ids[object_id]!r}")
        ids.setdefault(object_id, at)


def _objects(names: list[str]) -> dict[str, str]:
    """Find every object that does not lie in another, and the version that it declares."""
    found: dict[str, str] = {}
    for name in names:
        at, _, file = name.rpartition("/")
        match = DECLARATION.fullmatch(file)
        if match and at and not any(at[:end] in found for end, letter in enumerate(at) if letter == "/"):
            found[at] = match[1]
    return found


def _check_between(names: list[str], below: str, inside: tuple[str, ...], empty: set[str]) -> Iterator[Fault]:
    for name in names:
        rest = name[len(below) :]
        # 4.1: files in the root itself are to be ignored where they are not understood (E087).
        if "/" in rest and not rest.startswith("extensions/") and not name.startswith(inside):
            yield from _say("E072 E084 E085", name, "this file lies in no object")
        elif "/" not in rest and DECLARATION.fullmatch(rest):
            yield from _say("E082", name, "an object and a storage root share one folder")
    for name in sorted(empty):
        if name.startswith(below) and not name.startswith((f"{below}extensions", *inside)):
            yield from _say("E073", name, "the folder is empty")


def _say(codes: str, where: str, what: str) -> Iterator[Fault]:
    for code in codes.split():
        yield Fault(code=f"ocfl-{code.lower()}", where=where, what=what, mend=MEND)


def _layout(raw: bytes) -> str:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return "E070"
    if not isinstance(value, dict) or not {"extension", "description"} <= value.keys():
        return "E070"
    return "" if isinstance(value["extension"], str) and value["extension"] else "E071"


def _small(store: Store, name: str) -> bytes:
    try:
        with store.open(name) as file:
            return file.read(MAX_INVENTORY)
    except (FileNotFoundError, AdapterError):
        return b""
