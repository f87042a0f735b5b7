"""What a plan promises is true of every loss it speaks of."""

import itertools
import math

import pytest

from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.carry import plan
from tamizdat.carry.plan import Carriers
from tamizdat.primitives.errors import UsageError


GB, MB = 10**9, 10**6
STICKS = Carriers(name="stick", count=3)


def files(made: plan.Plan) -> list[list[tuple[int, int]]]:
    """Hand out the files as the plan says: (part, volume), for each carrier; shared parts file after file."""
    carriers: list[list[tuple[int, int]]] = []
    for load in made.loads:
        every = [[(number, volume) for number in numbers for volume in range(made.volumes)] for numbers in load.parts]
        if load.shared:
            (together,) = every
            every = [together[at : at + load.files] for at in range(0, len(together), load.files)]
        assert len(every) == load.used <= load.carriers.count
        room = load.carriers.size
        assert all(room is None or len(one) * made.file_length <= room for one in every)
        carriers += every
    return carriers


def joins(made: plan.Plan, arrived: list[list[tuple[int, int]]]) -> bool:
    here = set(itertools.chain.from_iterable(arrived))
    return all(
        sum((number, volume) in here for number in range(1, made.total + 1)) >= made.need
        for volume in range(made.volumes)
    )


@st.composite
def carriers(draw: st.DrawFn) -> list[Carriers]:
    kinds = draw(st.integers(1, 3))
    size = st.none() | st.integers(30_000, 4 * MB)
    return [Carriers(name=f"kind{kind}", count=draw(st.integers(1, 4)), size=draw(size)) for kind in range(kinds)]


@given(carriers=carriers(), sealed=st.integers(70_000, 5 * MB), survive=st.none() | st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_every_loss_a_plan_survives_is_survived(carriers: list[Carriers], sealed: int, survive: int | None) -> None:
    try:
        made = plan.make(sealed, carriers, survive=survive)
    except UsageError as error:
        assert error.code in {"plan-small", "plan-survive"}
        return
    held = files(made)

    assert made.survives >= (survive or 0)
    assert joins(made, held)
    for lost in itertools.combinations(range(len(held)), made.survives):
        assert joins(made, [one for number, one in enumerate(held) if number not in lost])
    for load, others in ((load, [other for other in made.loads if other is not load]) for load in made.loads):
        assert made.joins_without([load]) == (sum(other.total for other in others) >= made.need)
    assert all(idle in carriers for idle, _ in made.idle)


def test_the_chance_is_that_of_all_losses_counted_one_by_one() -> None:
    made = plan.make(4 * MB, [STICKS, Carriers(name="message", count=6, size=200_000)])
    held = files(made)
    assert any(load.shared for load in made.loads)

    chance = math.fsum(
        math.prod(0.9 if here else 0.1 for here in arrived)
        for arrived in itertools.product([True, False], repeat=len(held))
        if joins(made, [one for one, here in zip(held, arrived, strict=True) if here])
    )

    assert made.chance(0.1) == pytest.approx(chance, abs=0.002)


@pytest.mark.parametrize(
    ("count", "need", "total"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (5, 3, 5), (7, 4, 7), (10, 6, 10)]
)
def test_sticks_are_all_used_and_about_half_may_fail(count: int, need: int, total: int) -> None:
    made = plan.make(4 * GB, [Carriers(name="stick", count=count)])

    assert (made.need, made.total, made.part_size) == (need, total, None)


def test_what_carries_too_little_is_named_and_left_out() -> None:
    sheets, messages = Carriers(name="sheet", count=2, size=30_000), Carriers(name="message", count=40, size=20 * MB)

    made = plan.make(4 * GB, [STICKS, messages, sheets])

    assert [idle for idle, _ in made.idle] == [sheets]
    assert [load.carriers for load in made.loads] == [STICKS, messages]
    assert made.survives == 1
    assert made.joins_without([made.loads[1]])
    assert not made.joins_without([made.loads[0]])


@pytest.mark.parametrize(
    ("carriers", "survive", "code"),
    [
        ([Carriers(name="sheet", count=2, size=30_000)], None, "plan-small"),
        ([Carriers(name="message", count=150, size=20 * MB)], None, "plan-small"),
        ([STICKS], 3, "plan-survive"),
        ([STICKS, Carriers(name="message", count=1, size=20 * MB)], 3, "plan-survive"),
        ([], None, "plan-carrier"),
    ],
)
def test_what_cannot_be_is_said(carriers: list[Carriers], survive: int | None, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan.make(4 * GB, carriers, survive=survive)

    assert caught.value.code == code
