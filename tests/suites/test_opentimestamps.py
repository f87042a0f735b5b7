"""OpenTimestamps: the public examples, good and bad, are told apart by what we ship, in a process that may open no socket."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tamizdat.primitives.errors import FormatError
from tamizdat.record import anchor
from tests.tools import inputs


# What `log anchor` says of each, and what a proof whose file is not in the suite says of itself.
EXPECTED = {
    "bitcoin.pdf.ots": "block 465751",
    "hello-world.txt.ots": "[anchor-header-missing]",
    "incomplete.txt.ots": "[anchor-pending]",
    "invalid/bad-major-version.ots": "anchor",
    "merkle1.txt.ots": "[anchor-pending]",
    "two-calendars.txt.ots": "[anchor-pending]",
    "unknown-notary.txt.ots": "[anchor-unknown]",
}
OFFLINE = """
import sys
from tamizdat.cli.main import main

def refuse(event, _):
    if event.startswith("socket."):
        sys.exit("a socket was asked for: " + event)

sys.addaudithook(refuse)
sys.exit(main(sys.argv[1:]))
"""


def offline(*words):
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, "log", "anchor", *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", EXPECTED)
def test_the_public_examples_are_told_apart_with_the_network_off(name):
    proof = inputs("suites/opentimestamps") / name
    content = proof.with_suffix("")
    if content.exists():
        status, out, err = offline(content)
        assert (status, out) == (6 if "unknown" in EXPECTED[name] else 4, "")
        assert EXPECTED[name] in err
        assert offline(proof, "--proof", proof)[0] == 6  # of another file
    elif EXPECTED[name] == "anchor":
        with pytest.raises(FormatError):
            anchor.read(proof.read_bytes())
    else:
        ((height, _),) = anchor.read(proof.read_bytes()).blocks
        assert EXPECTED[name] == f"block {height}"


def test_no_example_is_left_out():
    base = inputs("suites/opentimestamps")
    assert {str(path.relative_to(base)) for path in base.rglob("*.ots")} == set(EXPECTED)


def test_every_beginning_of_a_good_one_is_broken():
    whole = (inputs("suites/opentimestamps") / "hello-world.txt.ots").read_bytes()
    for cut in range(len(whole)):
        with pytest.raises(FormatError):
            anchor.read(whole[:cut])
