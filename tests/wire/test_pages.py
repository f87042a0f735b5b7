"""What the reader's pages hold, looked at as bytes: no browser here (tests/interop/test_browser.py has one)."""

from __future__ import annotations

import dataclasses
import posixpath
import re

from babel.messages.pofile import read_po
from lxml import html as parser

from tamizdat.wire import figures, language, pages
from tamizdat.wire.site import Published, Site
from tamizdat.wire.story import Prose, Related
from tests import tools
from tools import catalogue, sample_site


SITE = sample_site.make()
FILES = dict(pages.write(SITE))
PAGES = {path: parser.document_fromstring(raw.decode()) for path, raw in FILES.items() if path.endswith(".html")}
STORY = PAGES["stories/how-many-died/index.html"]
ARABIC = PAGES["stories/how-many-died-ar/index.html"]
# What other rooms put into an edition beside the pages.
ELSEWHERE = {"rss.xml", "atom.xml", "check.html"}


def words(node) -> str:
    return " ".join(node.text_content().split())


def with_story(**changes: object) -> Site:
    first = SITE.stories[0]
    return dataclasses.replace(
        SITE, stories=(dataclasses.replace(first, story=dataclasses.replace(first.story, **changes)), *SITE.stories[1:])
    )


def page_of(site: Site, path: str = "stories/how-many-died/index.html"):
    return parser.document_fromstring(dict(pages.write(site))[path].decode())


def test_the_same_site_gives_the_same_bytes():
    assert dict(pages.write(SITE)) == FILES


def test_every_link_is_relative_and_leads_to_a_file_of_the_edition():
    items = {f"items/{each.story.name}.json" for each in SITE.stories}
    provable = [media for each in SITE.stories for media in each.media if media.file]
    proofs = {path for media in provable for path in (media.file, f"{media.file}.proof", media.check)}
    known = {*FILES, *ELSEWHERE, *items, *sample_site.pictures(), *proofs}
    for path, page in PAGES.items():
        for _, attribute, address, _ in page.iterlinks():
            target, _, anchor = address.partition("#")
            if address.startswith("https://"):
                assert attribute == "href", address
                continue
            reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
            assert reached in known, (path, address)
            if anchor:
                assert PAGES[reached].xpath("//*[@id=$id]", id=anchor), (path, address)


def test_no_page_holds_a_style_a_script_or_an_address_to_load_from():
    for path, page in PAGES.items():
        assert not page.xpath("//style | //@style | //script[not(@src)] | //iframe | //@*[starts-with(name(), 'on')]")
        loaded = page.xpath("//@src | //link[not(@rel='alternate')]/@href | //@srcset")
        assert not [each for each in loaded if ":" in each or each.startswith("//")], path
        assert page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == [pages.POLICY]


def test_ids_are_unique_and_headings_descend_one_by_one():
    for path, page in PAGES.items():
        ids = page.xpath("//@id")
        assert len(ids) == len(set(ids)), path
        levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:], strict=False)), path


MEASURES = figures.measures(sample_site.FIGURES)


def test_each_figure_names_its_source_and_every_rival_stands_beside_it_once_and_below():
    english = language.load("en")
    for measure in MEASURES:
        [table] = STORY.xpath("//*[@id=$id]", id=f"measure-{measure.number}")
        rows = [words(row) for row in table.xpath(".//tbody/tr")]
        [note] = STORY.xpath("//div[@class='note'][.//a/@href=$href]", href=f"#measure-{measure.number}")
        beside = [words(item) for item in note.xpath(".//li")]
        assert len(rows) == len(beside) == len(measure.claims)
        for claim, row in zip(measure.claims, rows, strict=True):
            amount = english.amount(claim)
            assert amount in row
            assert claim.asserted_by in row
            assert any(item.startswith(f"{amount} {claim.asserted_by}") and claim.note in item for item in beside) or (
                claim in [figure.said for figure in measure.figures]
            )
        for figure in measure.figures:
            [link] = STORY.xpath("//*[@id=$id]", id=f"said-{figure.key}")
            assert link.get("href") == f"#figure-{figure.key}"
            [said] = note.xpath(".//*[@id=$id]", id=f"figure-{figure.key}")
            assert said.xpath(".//a/@href") == [f"#said-{figure.key}"]
            assert words(said).startswith(f"{english.amount(figure.said)} {figure.said.asserted_by}")


def rivals_of_one_measure() -> list[figures.Figure]:
    every = (sample_site.KILLED.said, *sample_site.KILLED.rivals)
    return [
        figures.Figure(key=f"k{place}", said=said, rivals=tuple(claim for claim in every if claim is not said))
        for place, said in enumerate(every[:4])
    ]


def test_many_figures_of_one_measure_share_one_note_and_a_later_passage_leads_to_it():
    four = rivals_of_one_measure()
    said = [f'<p><data class="figure" value="{figure.key}">{figure.said.low}</data></p>' for figure in four]
    blocks = (Prose(html="".join(said[:3])), Prose(html="<p>Between.</p>"), Prose(html=said[3]))
    page = page_of(with_story(blocks=blocks, figures=tuple(four)))
    first, later = page.xpath("//div[@class='note']")
    assert len(first.xpath(".//ul[@class='said']/li")) == 3
    assert len(first.xpath(".//details//li")) == 6
    assert len(first.xpath(".//circle[@class='said']")) == 3
    assert len(later.xpath(".//li")) == 1
    assert not later.xpath(".//svg | .//details")
    assert words(later.xpath(".//p[@class='by']")[0]) == "All 9 accounts"
    assert len(page.xpath("//table")) == 1


def test_the_strip_has_one_mark_for_each_claim_and_none_over_another():
    for measure in MEASURES:
        strip = figures.strip(measure, measure.figures)
        assert strip is not None
        assert len(strip.marks) == len(measure.claims)
        assert sum(mark.said for mark in strip.marks) == 1
        assert len({(mark.start, mark.y) for mark in strip.marks}) == len(strip.marks)
        assert all(0 <= mark.start <= mark.end <= 100 and 0 < mark.y < strip.height for mark in strip.marks)


def test_a_figure_that_nobody_disputes_has_no_strip_and_says_that_nobody_does():
    alone = dataclasses.replace(sample_site.KILLED, rivals=())
    page = page_of(with_story(figures=(alone,)))
    assert "The newsroom knows of no other account." in words(page)
    assert not page.xpath("//svg")


def test_a_story_has_all_that_an_agency_page_carries():
    text = words(STORY)
    for expected in (
        "By Leyla Sample and محمود حسن",
        "Leyla Sample: writes about archives for this sample newsroom.",
        "Baku, 25 November 2026, The Sample Courier —",
        "Published 25 November 2026, 00:00 UTC",
        "Correction 26 November 2026",
        "A sample editor written for this sample page",
        "A/75/000 – S/2021/000",
        "A sample archivist 20 November 2026",
        "Read also One picture, five parts, three of them enough",
        "Author’s note Leyla Sample does not exist.",
        "One part is blacked out. Attested by the newsroom: a reduced copy; who made the picture is protected.",
        "A reduced copy, made for this page, without the data cameras add.",
        "Picture: Drawn for this sample",
        "Approved by 2 persons: Leyla Sample and محمود حسن",
        "Free to copy with the name of the newsroom.",
        "tamizdat verify stories/how-many-died/index.html",
        *sample_site.WORDS,
    ):
        assert expected in text, expected
    assert STORY.xpath("//article//img/@alt") == [picture.alt for picture in SITE.stories[0].story.pictures]
    assert STORY.xpath("//time/@datetime")[:2] == ["2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"]


def test_each_picture_says_what_it_is_and_leads_to_its_check():
    """Provable with its check and its proof; or attested, and why; in both directions of writing."""
    tower = PAGES["stories/tower/index.html"]
    text = words(tower)
    assert "Provable: parts are hidden, the rest is unchanged. Check this picture" in text
    assert "Its line on the public record is still to come" in text
    assert "Shown here is a preview" in text
    assert tower.xpath("//a[@class='check']/@href") == [f"../../check/{sample_site.TOWER.object}.html"]
    assert f"../../media/{sample_site.TOWER.object}-whole.jpg.proof" in tower.xpath("//a/@href")
    others = " ".join(words(page) for path, page in PAGES.items() if path.startswith("stories/"))
    assert "not provable, because it is <no> JPEG" in others
    assert "who made the picture is protected" in words(STORY)
    assert "بشهادة غرفة الأخبار" in words(ARABIC)
    for path in ("about/index.html", "ar/about/index.html"):
        assert len(PAGES[path].xpath("//section[@class='pictures']//li")) == 9


def test_one_approval_is_called_solo():
    assert "Approved by one person (solo): Leyla Sample" in words(PAGES["stories/tower/index.html"])


def test_a_withdrawn_story_keeps_its_address_and_shows_only_why():
    page = page_of(with_story(withdrawal="Its only source took it back."))
    assert "This story was withdrawn Its only source took it back." in words(page)
    assert not page.xpath("//img | //table | //*[@class='body'] | //*[@class='figure']")
    assert "Withdrawn" in words(page_of(with_story(withdrawal="Its only source took it back."), "index.html"))


def test_the_front_page_lists_the_newest_first_in_its_own_language():
    assert [words(each) for each in PAGES["index.html"].xpath("//main//h2")] == [
        each.story.headline for each in SITE.stories if each.story.language == "en"
    ]
    assert [words(each) for each in PAGES["ar/index.html"].xpath("//main//h2")] == [SITE.stories[1].story.headline]


def test_a_site_without_english_stories_or_any_story_still_has_a_front_page():
    only = dataclasses.replace(SITE, stories=SITE.stories[1:2])
    none = dataclasses.replace(SITE, stories=())
    assert len(page_of(only, "index.html").xpath("//main//h2")) == 1
    assert "No story has been published yet." in words(page_of(none, "index.html"))
    assert "ar/index.html" not in dict(pages.write(none))


def test_arabic_pages_are_arabic_from_right_to_left_and_names_stand_apart():
    for path, page in PAGES.items():
        arabic = path.startswith("ar/") or path.endswith("-ar/index.html")
        assert (page.get("lang"), page.get("dir")) == (("ar", "rtl") if arabic else ("en", "ltr"))
    isolated = ARABIC.xpath("//bdi/text()")
    assert {"Guivami Rahimli", "The Sample Courier", "Leyla Sample"} <= set(isolated)
    assert "وافق على النشر شخصان" in words(ARABIC)
    assert "8 روايات أخرى تقول من 100 إلى 300" in words(ARABIC)


def test_no_english_is_left_on_an_arabic_page_but_names_titles_and_the_program():
    for element in ARABIC.xpath("//bdi | //cite | //pre | //ol[@lang='en'] | //*[@lang='en'] | //title | //script"):
        element.drop_tree()
    left = set(re.findall(r"[A-Za-z]{2,}", ARABIC.body.text_content()))
    assert left <= {"UTC", "RSS", "Atom", "ninjs", "same", "author", "gave", "another", "figure", "in"}, left


def test_a_story_in_a_language_without_a_catalogue_is_marked_as_such_among_english_words():
    page = page_of(with_story(language="az", headline="Bakıda nə qədər insan öldü?"))
    assert page.get("lang") == "en"
    assert page.xpath("//h1/@lang") == ["az"]
    assert page.xpath("//*[@class='body']/@lang") == ["az"]
    assert page.xpath("//*[@role='note']/@lang") == ["en"]


def test_what_is_not_html_stays_text():
    page = page_of(with_story(headline="<script>alert(1)</script> & more", subhead='"quoted" <b>'))
    assert words(page.xpath("//h1")[0]) == "<script>alert(1)</script> & more"
    assert len(page.xpath("//script")) == 1
    [description] = page.xpath("//meta[@name='description']/@content")
    assert description == '"quoted" <b>'


def test_only_addresses_a_browser_can_follow_become_links():
    assert pages.link("https://undocs.org/A/75/1") == "https://undocs.org/A/75/1"
    assert pages.link("special.azertag.az/en/xeber/3379539") == "https://special.azertag.az/en/xeber/3379539"
    for other in ("javascript:alert(1)", "page 287", "wikipedia.bradmurray.com oldid 17057683", "", "data:text/html,x"):
        assert pages.link(other) == ""


def test_dates_and_amounts_are_written_as_the_language_writes_them():
    english, arabic = language.load("en"), language.load("ar")
    assert [english.day(each) for each in ("1991", "1991-05", "1991-05-02", "undated", "1991-13")] == [
        "1991", "May 1991", "2 May 1991", "undated", "1991-13",
    ]  # fmt: skip
    assert arabic.day("2025-01-20") == "20 يناير 2025"
    assert arabic.number(26000) == "26,000"
    range_ = next(claim for claim in sample_site.KILLED.rivals if claim.qualifier == "range")
    free = dataclasses.replace(range_, qualifier="by 1990-02-09", low=170)
    assert [english.amount(each) for each in (range_, free)] == ["131–170", "170 (by 9 February 1990)"]
    assert arabic.amount(sample_site.TROOPS.said) == "نحو 26,000"


def test_each_catalogue_has_every_word_of_the_pages_and_no_other():
    assert catalogue.TEMPLATE.read_bytes() == catalogue.write(), "run tools/catalogue.py"
    wanted = {str(message.id) for message in catalogue.collect() if message.id}
    for tag in language.LANGUAGES:
        if tag == language.DEFAULT:
            continue
        path = tools.ROOT / "src/tamizdat/locale" / tag / "LC_MESSAGES/tamizdat.po"
        with path.open("rb") as stream:
            found = read_po(stream, locale=tag)
        messages = [message for message in found if message.id]
        assert {str(message.id) for message in messages} == wanted
        for message in messages:
            forms = [message.string] if isinstance(message.string, str) else message.string
            assert all(forms), message.id
            holes = set(re.findall(r"%\(\w+\)s", str(message.id)))
            assert all(set(re.findall(r"%\(\w+\)s", form)) <= holes for form in forms), message.id


def test_words_of_the_trade_stay_in_the_workshop():
    for path, page in PAGES.items():
        text = words(page.body).lower()
        for word in ("merkle", "dossier", "checkpoint", "hash", "padme", "root", "tile "):
            assert word not in text, (path, word)


def test_a_related_story_that_is_not_there_is_no_dead_link():
    changed = with_story(blocks=(Prose(html="<p>Text.</p>"), Related(name="nowhere"), Related(name="x", title="Gone")))
    page = page_of(changed)
    assert not page.xpath("//*[@class='related']//a")
    assert "Gone" in words(page)


def test_published_needs_no_picture_for_a_picture_block():
    first = SITE.stories[0]
    bare: Published = dataclasses.replace(first, media=())
    page = page_of(dataclasses.replace(SITE, stories=(bare,)))
    assert not page.xpath("//img")
