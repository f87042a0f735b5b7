"""
Write docs/errors.md: every error code in src, found in the source itself (python tools/errors.py [--check]).

A code is the first argument (or ``code=``) of an error, a Fault, or a function with a parameter of that name.
"""

from __future__ import annotations

import ast
import functools
import re
import sys

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final


ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "errors.md"
STATUS: Final = {
    "UsageError": 2,
    "FormatError": 3,
    "ShortError": 4,
    "AdapterError": 5,
    "TrustError": 6,
    "LeftOutError": 7,
}
CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Printed by cli/main.py for what is no TamizdatError.
OTHERS: Final = {"system": {("5", "cli/main.py")}, "internal": {("1", "cli/main.py")}}
HEAD: Final = """\
# Error codes

Every error that Tamizdat tells of ends in its code, in square brackets. Codes last: look one up here, or search for it.
The exit status of a command is the class of its error:

| status | what it means |
|---|---|
| 0 | done |
| 1 | a fault in Tamizdat itself |
| 2 | the command or the settings cannot be carried out as they stand |
| 3 | a file does not keep to its format |
| 4 | everything here is sound, but there is not enough of it yet |
| 5 | the machine would not do its part: disk, network, clock |
| 6 | a signature, proof, key or approval fails |
| 7 | done, but something had to be left out |
| 130 | interrupted |

A code without a status stands for one finding in a list of them. Codes `ocfl-e…` are those of the OCFL specification.
This table is written by `python tools/errors.py`.

| code | status | where |
|---|---|---|
"""


@functools.cache
def find() -> dict[str, set[tuple[str, str]]]:
    """Find every code, with the statuses and modules it stands with."""
    folder = ROOT / "src" / "tamizdat"
    trees = {
        path.relative_to(folder).as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(folder.rglob("*.py"))
    }
    everywhere = {name: helper for tree in trees.values() for name, helper in _helpers(tree).items()}
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    found.update({code: set(places) for code, places in OTHERS.items()})
    for where, tree in trees.items():
        for code, status in (*_called(tree, everywhere | _helpers(tree)), *_tabled(tree)):
            found[code].add((status, where))
    return found


def write() -> str:
    """Write the page."""
    rows = []
    for code, places in sorted(find().items()):
        statuses = ", ".join(sorted({status for status, _ in places if status}))
        rows.append(f"| `{code}` | {statuses} | {', '.join(sorted({where for _, where in places}))} |\n")
    return HEAD + "".join(rows)


def _called(tree: ast.Module, helpers: dict[str, tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Find the codes in calls of errors and of helpers; a set's add has one argument, a helper more."""
    for call in _calls(tree):
        name = _name(call.func)
        if name in helpers and (name != "add" or len(call.args) > 1):
            place, status = helpers[name]
            for code in _constants(_argument(call, place)):
                yield code, status


def _tabled(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Find the codes in a table {what the machine says: (code, mend)} of a module of adapters."""
    for table in ast.walk(tree):
        if isinstance(table, ast.AnnAssign) and _target(table) == "_FAILURES" and isinstance(table.value, ast.Dict):
            for value in table.value.values:
                if isinstance(value, ast.Tuple):
                    yield from ((code, str(STATUS["AdapterError"])) for code in _constants(value.elts[0]))


def _helpers(tree: ast.Module) -> dict[str, tuple[int, str]]:
    """Find what takes a code: errors, Fault, and functions with a parameter named code; its place and its status."""
    helpers = {"Fault": (0, ""), **{name: (0, str(status)) for name, status in STATUS.items()}}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        given = (*function.args.args, *function.args.kwonlyargs)
        parameters = [one.arg for one in given if one.arg not in {"self", "cls"}]
        makes = {_name(call.func) for call in _calls(function)} & set(STATUS)
        if "code" in parameters and function.name != "__init__":
            status = str(STATUS[next(iter(makes))]) if len(makes) == 1 else ""
            helpers[function.name] = (parameters.index("code"), status)
    return helpers


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _target(node: ast.AnnAssign) -> str:
    return node.target.id if isinstance(node.target, ast.Name) else ""


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == "code"), None)
    return named if named is not None else call.args[place] if len(call.args) > place else None


def _constants(value: ast.expr | None) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _constants(value.body)
        yield from _constants(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and CODE.fullmatch(value.value):
        yield value.value


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def main() -> int:
    """Write the page, or with --check say whether it is as the source has it."""
    page = write()
    if sys.argv[1:] == ["--check"]:
        same = PAGE.exists() and PAGE.read_text("utf-8") == page
        print("docs/errors.md is as the source has it" if same else "docs/errors.md is old: python tools/errors.py")
        return 0 if same else 1
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
