"""Salted trees: the root is RFC 6962's, and what is shown opens nothing else."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest

from tamizdat.primitives import digest, merkle
from tamizdat.redaction import tree


SEED = bytes(range(32))


def content(place: int) -> bytes:
    return b"tile %d" % place


def salt(shape: tree.Shape, leaf: int) -> bytes:
    return tree.seed_at(SEED, shape.depth, leaf)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 2), (3, 2), (7, 3), (16, 16), (13, 40)])
def test_the_root_is_that_of_a_tree_as_rfc_6962_has_it(size: tuple[int, int]) -> None:
    """Anybody's library can check one tile: empty entries stand for the places outside of the picture."""
    shape = tree.grid(*size)

    hashes = [
        digest.leaf(salt(shape, leaf), content(place)) if place >= 0 else digest.leaf()
        for leaf, place in enumerate(shape.places.tolist())
    ]

    assert sorted(place for place in shape.places.tolist() if place >= 0) == list(range(size[0] * size[1]))
    assert tree.Branches(shape, tree.salted(content)).root(SEED) == merkle.root(hashes)


@pytest.mark.parametrize("number", range(20))
def test_what_a_walk_stops_at_leads_to_the_root(number: int) -> None:
    """Whatever is hidden, whole branches are shown by one seed, hidden by one hash, and every leaf is under one stop."""
    dice = random.Random(number)
    shape = tree.grid(dice.randint(1, 20), dice.randint(1, 20))
    hidden = np.array([dice.random() < number / 20 for _ in range(1 << shape.depth)])
    branches = tree.Branches(shape, tree.salted(content))

    steps = list(tree.walk(shape, hidden))
    known = {
        (step.level, step.index): branches.hash(tree.seed_at(SEED, step.level, step.index), step) for step in steps
    }

    assert tree.join(shape, known) == branches.root(SEED)
    for step in steps:
        under = slice(step.index << (shape.depth - step.level), (step.index + 1) << (shape.depth - step.level))
        assert set(hidden[under][shape.present[under]]) == {step.kind == "hash"}


def test_no_seed_that_is_shown_opens_a_hidden_leaf() -> None:
    """Growing every shown seed as far as it goes reaches the salts of shown leaves, and no hidden one's or its branches'."""
    dice = random.Random(7)
    shape = tree.grid(12, 9)
    hidden = np.array([dice.random() < 0.2 for _ in range(1 << shape.depth)])
    shown = [step for step in tree.walk(shape, hidden) if step.kind == "seed"]

    reached = set()
    for step in shown:
        row = [tree.seed_at(SEED, step.level, step.index)]
        for _ in range(step.level, shape.depth):
            reached.update(row)
            row = [hashlib.sha256(digest.SEED_STEP + bytes([bit]) + seed).digest() for seed in row for bit in (0, 1)]
        reached.update(row)
    secret = {
        tree.seed_at(SEED, level, leaf >> (shape.depth - level))
        for leaf in np.flatnonzero(hidden & shape.present).tolist()
        for level in range(shape.depth + 1)
    }

    assert len(secret) > 50
    assert not reached & secret
    assert {salt(shape, leaf) for leaf in np.flatnonzero(~hidden & shape.present).tolist()} <= reached
