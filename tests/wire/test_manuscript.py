"""Story files keep to docs/spec/story.md."""

from __future__ import annotations

import contextlib
import re

from importlib import resources

import pytest

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.primitives.errors import FormatError
from tamizdat.redaction import picture as redacting
from tamizdat.wire import manuscript, pictures
from tamizdat.wire.story import Document, Heading, Picture, Prose, Quotation, Related, Response
from tests import vectors


LEDGERS = {vector.name: vector.file for vector in vectors.load("claim") if vector.expect == "whole"}
WHOLE = next(vector.file for vector in vectors.load("story") if vector.name == "whole")


def codes(raw: bytes) -> list[tuple[str, int]]:
    with pytest.raises(FormatError) as caught:
        manuscript.read("lamps", raw, LEDGERS)
    return [(fault.code, int(fault.where.rpartition(":")[2])) for fault in caught.value.faults]


@pytest.mark.parametrize("vector", vectors.load("story"), ids=lambda vector: vector.name)
def test_reads_every_vector_as_the_specification_says(vector: vectors.Vector) -> None:
    """A sound story is read; a flawed one shows its own flaw and no other."""
    if vector.expect == "whole":
        assert manuscript.read("lamps", vector.file, LEDGERS).name == "lamps"
    else:
        with pytest.raises(FormatError) as caught:
            manuscript.read("lamps", vector.file, LEDGERS)

        assert {fault.code for fault in caught.value.faults} == {vector.expect}


def test_every_field_of_a_story_is_read() -> None:
    story = manuscript.read("lamps", WHOLE, LEDGERS)

    assert [type(block) for block in story.blocks] == [
        Prose, Picture, Heading, Quotation, Prose, Response, Document, Related,
    ]  # fmt: skip
    prose, picture, heading, quotation, _, response, document, related = story.blocks
    assert isinstance(prose, Prose) and isinstance(picture, Picture) and isinstance(quotation, Quotation)
    assert prose.html == (
        '<p>There were <data class="figure" value="lit">40 lamps</data>, or '
        '<data class="figure" value="lit">the\n40 lamps</data> of the list.</p>'
    )
    assert (picture.crop, picture.hide, picture.people) == ((0, 0, 100, 80), ((10, 10, 20, 20),), "hidden")
    assert (picture.maker, picture.disclose, picture.again) == ("shown", ("date", "place"), True)
    assert not picture.see_through
    assert quotation.html == '<p>We counted <data class="figure" value="lit">40 lamps</data>.</p>'
    assert (quotation.speaker, quotation.source) == ("Ada Example", "The Harbour News")
    assert heading == Heading(text="What was said")
    assert response == Response(html="<p>I counted them myself.</p>", person="Ben Example", date="1999-05-02")
    assert document == Document(
        title="List of lamps", symbol="H/1999/7", publisher="The harbour office", address="https://example.org/7"
    )
    assert related == Related(name="more-lamps")
    assert story.figures[0].said.low == 40
    assert [rival.published_by for rival in story.figures[0].rivals] == ["The Other Paper"]
    assert (story.version, story.embargo, story.about) == (2, 925711200, "<p>Made up, for <em>tests</em>.</p>")


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    """A missing alt text, an unsupported figure, a nameless quotation and a bad day: four lines, one reading."""
    raw = WHOLE.replace(b"    alt: A drawn lamp\n", b"").replace(
        b">\n> \xe2\x80\x94 Ada Example, The Harbour News\n", b""
    )
    raw = raw.replace(b"who: Ada Example", b"who: Nobody").replace(b"date: 1999-05-04", b"date: soon")

    assert codes(raw) == [
        ("story-figure-unsupported", 22),
        ("story-picture-alt", 25),
        ("story-date", 37),
        ("story-quotation", 47),
    ]


def test_html_and_scripts_do_not_come_through() -> None:
    raw = WHOLE.replace(
        b"There were", b'<script>go()</script> <b onclick="go()">x</b> [click](javascript:go) &lt;i&gt; There were'
    )

    html = "".join(block.html for block in manuscript.read("lamps", raw, LEDGERS).blocks if isinstance(block, Prose))

    assert not re.search(r"<(?!/?(?:p|ul|li|a|data)\b)", html)
    assert 'href="javascript' not in html


def test_a_withdrawn_story_needs_only_its_notice() -> None:
    head = WHOLE.replace(b"about: |", b"withdrawal: The lamps were not ours.\nabout: |").split(b"---\nThere")[0]
    head = re.sub(rb"pictures:.*?(?=withdrawal)", b"", head, flags=re.DOTALL)

    story = manuscript.read("lamps", head + b"---\n", LEDGERS)

    assert (story.withdrawal, story.version) == ("The lamps were not ours.", 3)


def test_the_hash_binds_name_manuscript_and_the_ledgers_it_uses() -> None:
    """Approvals of one text never count for another, and a claim changed behind the text is another text."""
    used = LEDGERS["whole"]
    digests = {
        manuscript.read("lamps", WHOLE, LEDGERS).digest,
        manuscript.read("lamps-two", WHOLE, LEDGERS).digest,
        manuscript.read("lamps", WHOLE + b"\n", LEDGERS).digest,
        manuscript.read("lamps", WHOLE, {"whole": used.replace(b"boat", b"ship")}).digest,
    }

    assert len(digests) == 4
    assert manuscript.read("lamps", WHOLE, {"whole": used, "other": b"?"}).digest in digests


def test_another_script_and_its_digits_are_read() -> None:
    """Arabic text, an Arabic comma before the source, Arabic digits in the words of a figure."""
    raw = WHOLE.replace(b"language: en", b"language: ar")
    raw = raw.replace(b"the\n40 lamps", "٤٠ مصباحًا".encode()).replace("— Ada Example,".encode(), "— آدا،".encode())

    story = manuscript.read("lamps", raw, LEDGERS)

    quotation = next(block for block in story.blocks if isinstance(block, Quotation))
    assert (story.direction, story.categories[0].label) == ("rtl", "فنون، ثقافة وترفيه")
    assert (quotation.speaker, quotation.source) == ("آدا", "The Harbour News")


@pytest.mark.parametrize("name", ["how-many-died", "how-many-died-ar", "about-these-drawings"])
def test_the_sample_stories_are_sound(name: str) -> None:
    """They are read once their placeholders are filled in, and every picture says that it is drawn."""
    sample = resources.files("tamizdat.newsroom").joinpath("sample")
    text = sample.joinpath(f"{name}.md").read_text("utf-8")
    filled = re.sub(r"\{\{object:([0-9])\}\}", r"000000000000000\1", text)
    filled = re.sub(r"\{\{hide:[0-9]\}\}", "1, 2, 3, 4", filled)

    story = manuscript.read(name, filled.encode(), {"black-january": sample.joinpath("black-january.csv").read_bytes()})

    assert all(re.search("drawn|drawing|رسم", picture.caption + picture.credit) for picture in story.pictures)
    assert all(figure.said.asserted_by for figure in story.figures)


def test_what_can_be_disclosed_has_the_names_of_the_redaction_stage() -> None:
    assert set(pictures.NAMED) == set(redacting.NAMED)


@given(st.data())
def test_any_spoiled_file_is_read_or_refused_with_faults(data: st.DataObject) -> None:
    """Whatever is typed into a story, the answer is a story or a list of faults, never another error."""
    place = data.draw(st.integers(0, len(WHOLE)))
    typed = data.draw(st.text("{}[]|:-—>#*&!%@`\"'\n\t figurelit0123\\", max_size=12)).encode()
    raw = WHOLE[:place] + typed + WHOLE[place + data.draw(st.integers(0, 6)) :]

    with contextlib.suppress(FormatError):
        manuscript.read("lamps", raw, LEDGERS)


def test_what_is_under_see_through_parts_is_shown_on_an_answer_alone() -> None:
    """A reduced copy has nothing there, so the answer is a mistake about what goes out."""
    told = WHOLE.replace(b"    again: yes\n", b"    again: yes\n    see-through: shown\n")
    story = manuscript.read("lamps", told, LEDGERS)

    assert [block.see_through for block in story.blocks if isinstance(block, Picture)] == [True]
    copy = told.replace(b"maker: shown", b"maker: protected").replace(b"    disclose: [date, place]\n", b"")
    assert [code for code, _ in codes(copy)] == ["story-picture-see-through"]
