"""
A sample site for looking at pages and for the pages' tests: drawn pictures, openly so, and attributed figures.

Nothing in it may pass for evidence of a real event.
"""

from __future__ import annotations

import io

from typing import Any, Final

from PIL import Image, ImageDraw

from tamizdat.wire.claim import Claim, Figure
from tamizdat.wire.site import Media, Published, Site
from tamizdat.wire.story import (
    Block,
    Byline,
    Category,
    Correction,
    Dateline,
    Document,
    Heading,
    Picture,
    Prose,
    Quotation,
    Related,
    Response,
    Story,
)


MADE: Final = 1795651200
# fmt: off
WORDS: Final = (
    "anchor", "basket", "candle", "desert", "ember", "falcon", "garden", "harbor", "island", "jungle", "kitten", "ladder",
)
# fmt: on
AZERTAC: Final = "Guivami Rahimli"
WIKI: Final = "Black January (later revision)"


def _claims(measure: str, unit: str, rows: list[tuple[str, ...]]) -> Figure:
    made = [
        Claim(
            ledger="black-january",
            line=line,
            measure=measure,
            unit=unit,
            low=int(low),
            high=int(high) if high else None,
            qualifier=qualifier,
            asserted_by=who,
            published_by=where,
            title=title,
            published_on=day,
            language=language,
            address=address,
            note=note,
        )
        for line, (low, high, qualifier, who, where, title, day, language, address, note) in enumerate(rows, start=2)
    ]
    return Figure(key=measure.rsplit(maxsplit=1)[-1], said=made[0], rivals=tuple(made[1:]))


UNVEILING: Final = (AZERTAC, "AZERTAC", "Unveiling the Truth Behind the Black January Events", "2025-01-20", "en", "special.azertag.az/en/xeber/3379539")  # fmt: skip
START: Final = (AZERTAC, "AZERTAC", "Black January - The start of Azerbaijan's independence", "2020-01-23", "en", "special.azertag.az/en/xeber/1394724")  # fmt: skip
AZVISION: Final = ("AzVision", "AzVision", "Presidente Ilham Aliyev comparte un post con motivo de la tragedia del 20 de enero", "2020-01-20", "es", "es.azvision.az/news/114226")  # fmt: skip
JAM: Final = ("JAMnews", "JAMnews", "Azerbaijan marks 31st anniversary of Black January massacre", "2021-01-20", "en", "jam-news.net/20-january-1990-baku-martyrs-alley-soviet-troops-azerbaijan-news")  # fmt: skip
HRW: Final = ("Human Rights Watch/Helsinki", "Human Rights Watch", "Conflict in the Soviet Union: Black January in Azerbaidzhan", "1991-05", "en", "docslib.org/doc/1243078/soviet-crackdown")  # fmt: skip
OLD: Final = ("official figures", "Wikipedia", "Black January (revision 17057683)", "", "en", "wikipedia.bradmurray.com oldid 17057683")  # fmt: skip
LATER: Final = ("Wikipedia", "Wikipedia", WIKI, "", "en", "piglix.com/piglix/Black_January")
CINEMA: Final = ("Art and Experience Cinema", "Art and Experience Cinema", "Iranian director making doc on Azerbaijan Black January", "2017", "en", "aecinema.org/iranian-director-making-doc-on-azerbaijan-black-january")  # fmt: skip

KILLED: Final = _claims(
    "civilians killed",
    "people",
    [
        ("147", "147", "exact", *UNVEILING, "same author gave another figure in 2020"),
        ("130", "", "more than", *START, ""),
        ("147", "147", "exact", *AZVISION, "reports an official post; day of publication inferred"),
        ("147", "147", "exact", *JAM, "day of publication inferred"),
        ("100", "", "more than", *HRW, "ISBN 1-56432-027-8"),
        ("133", "133", "exact", *OLD, ""),
        ("131", "170", "range", *LATER, ""),
        ("300", "300", "unofficial", *LATER, ""),
        ("150", "150", "exact", *CINEMA, "year inferred"),
    ],
)
INJURED: Final = _claims(
    "civilians injured",
    "people",
    [
        ("744", "744", "exact", *UNVEILING, ""),
        ("800", "800", "about", *START, ""),
        ("611", "611", "exact", *OLD, ""),
        ("700", "800", "range", *LATER, ""),
    ],
)
TROOPS: Final = _claims(
    "troops deployed",
    "people",
    [
        ("26000", "26000", "about", *UNVEILING, ""),
        ("65000", "65000", "exact", *JAM, "counts army and internal troops around the capital"),
    ],
)
FIGURES: Final = (KILLED, INJURED, TROOPS)


def _data(key: str, text: str) -> str:
    return f'<data class="figure" value="{key}">{text}</data>'


SQUARE: Final = Picture(
    object="0123456789abcdef",
    credit="Drawn for this sample",
    alt="A drawing of a city square at dusk: a row of flat-roofed houses, a tower, and the sea behind them.",
    caption="A drawn square by the sea. No photograph was used for this page.",
)
CROWD: Final = Picture(
    object="fedcba9876543210",
    credit="Drawn for this sample",
    alt="A drawing of three figures before a wall; a black box covers the face of the middle one.",
    caption="Three drawn figures. The face of the one in the middle is covered to show how that looks.",
    hide=((620, 300, 130, 150),),
    people="hidden",
)
CARD: Final = Picture(
    object="00112233445566aa",
    credit="Drawn for this sample",
    alt="A test card of coloured bars and a circle.",
    caption="A test card, drawn.",
)
TOWER: Final = Picture(
    object="00112233445566bb",
    credit="Drawn for this sample",
    alt="A drawing of a tall tower under a moon.",
    caption="",
    hide=((10, 10, 40, 40),),
    maker="shown",
)

ENGLISH: Final[tuple[Block, ...]] = (
    Prose(
        html=f"<p>The newsroom of record gives one number, and gives it to the last person: {_data('killed', '147 civilians')} died when "
        f"troops entered Baku in the night to 20 January 1990. Other sources, some of them closer to the events, give other numbers.</p>"
        f"<p>According to the same account, {_data('injured', '744 people')} were injured and "
        f"{_data('deployed', 'about 26,000 troops')} took part. Five years earlier the same author had written of more than 130 dead and about 800 injured.</p>"
    ),
    Picture(object=SQUARE.object, credit=SQUARE.credit, alt=SQUARE.alt, caption=SQUARE.caption),
    Heading(text="Who counted, and when"),
    Prose(
        html="<p>Human Rights Watch published its report in May 1991, sixteen months after the events, and spoke of more than a hundred dead. "
        "It named the hospitals it had asked. A book of documents printed in Baku in the same year quotes the Ministry of Health, whose count ended on 9 February 1990.</p>"
        "<p>The counts do not measure the same thing. Some speak of civilians, some of people; some end after a night, some after three weeks. "
        "A number without its day is half a number.</p>"
    ),
    Quotation(
        html="<p>A figure is always somebody’s. Ask whose, and on what day.</p>",  # noqa: RUF001
        speaker="A sample editor",
        source="written for this sample page",
    ),
    Picture(
        object=CROWD.object,
        credit=CROWD.credit,
        alt=CROWD.alt,
        caption=CROWD.caption,
        hide=CROWD.hide,
        people=CROWD.people,
    ),
    Prose(
        html="<p>This page does not choose between them. It says which figure stands in the text and who says so, and it shows every other figure beside it: "
        f"{_data('killed', '147')} is one of nine. Readers who want to go further can follow each source to the place where it stands.</p>"
        "<ul><li>No figure here is an average.</li><li>No source was left out because it disagrees.</li></ul>"
    ),
    Document(
        title="Letter dated 26 January 2021 addressed to the Secretary-General (sample entry)",
        symbol="A/75/000 – S/2021/000",  # noqa: RUF001
        publisher="United Nations",
        address="https://undocs.org/",
    ),
    Response(
        html="<p>We count names, not rumours; our list can be read in our archive.</p>",
        person="A sample archivist",
        date="2026-11-20",
    ),
    Related(name="how-a-part-travels"),
)


ARABIC: Final[tuple[Block, ...]] = (
    Prose(
        html=f"<p>تذكر وكالة الأنباء رقمًا واحدًا لا يزيد ولا ينقص: {_data('killed', '147 مدنيًا')} قُتلوا حين دخلت القوات باكو ليلة العشرين من يناير 1990. "
        "غير أن مصادر أخرى، بعضها أقرب إلى الأحداث، تذكر أرقامًا أخرى.</p>"
        f"<p>وبحسب الرواية نفسها أُصيب {_data('injured', '744 شخصًا')} وشارك {_data('deployed', 'نحو 26,000 جندي')}. "
        "وكان الكاتب نفسه قد كتب قبل خمس سنوات عن أكثر من 130 قتيلًا ونحو 800 جريح.</p>"
    ),
    Picture(
        object=SQUARE.object,
        credit="رسمٌ لهذه الصفحة",
        alt="رسم لساحة مدينة عند الغروب: صف من البيوت، وبرج، والبحر خلفها.",
        caption="ساحة مرسومة على البحر. لم تُستعمل في هذه الصفحة أي صورة فوتوغرافية.",
    ),
    Heading(text="مَن أحصى، ومتى؟"),
    Prose(
        html="<p>نشرت منظمة <bdi>Human Rights Watch</bdi> تقريرها في مايو 1991، بعد ستة عشر شهرًا من الأحداث، وتحدثت عن أكثر من مئة قتيل، وسمّت المستشفيات التي سألتها.</p>"
        "<p>والأعداد لا تقيس الشيء نفسه: فبعضها يعدّ المدنيين وبعضها يعدّ الناس جميعًا، وبعضها يقف عند ليلة واحدة وبعضها عند ثلاثة أسابيع. والرقم بلا تاريخه نصف رقم.</p>"
    ),
    Quotation(
        html="<p>لكل رقم صاحب. فاسأل: مَن قاله؟ وفي أي يوم؟</p>",
        speaker="محرر نموذجي",
        source="كُتب لهذه الصفحة النموذجية",
    ),
    Picture(
        object=CROWD.object,
        credit="رسمٌ لهذه الصفحة",
        alt="رسم لثلاثة أشخاص أمام جدار، ومربع أسود يغطي وجه أوسطهم.",
        caption="ثلاثة أشخاص مرسومون، وقد غُطّي وجه أوسطهم ليُرى كيف يبدو الإخفاء.",
        hide=CROWD.hide,
        people="hidden",
    ),
    Prose(
        html="<p>لا تختار هذه الصفحة بين الأرقام، بل تذكر الرقم الوارد في النص ومَن قاله، وتضع إلى جانبه سائر الأرقام المعروفة.</p>"
    ),
)


def _story(name: str, language: str, headline: str, **more: object) -> Story:
    settings: dict[str, object] = {
        "bylines": (Byline(name="Leyla Sample"),),
        "dateline": Dateline(place="Baku", date="2026-11-25"),
        "categories": (Category(code="medtop:20000139", label="history"),),
        "blocks": (Prose(html="<p>A short sample text.</p>"),),
        "digest": b"\0" * 32,
        "usage": "Free to copy with the name of the newsroom.",
    }
    return Story(name=name, language=language, headline=headline, **{**settings, **more})  # type: ignore[arg-type]


def _provable(picture: Picture) -> dict[str, Any]:
    """One picture's maker may be shown; another's too, but it cannot be taken apart."""
    if picture.object == TOWER.object:
        return {"file": f"media/{picture.object}-whole.jpg", "check": f"check/{picture.object}.html", "waits": True}
    return {"reason": "it is <no> JPEG"} if picture.object == CARD.object else {}


def _published(story: Story, days: int, *, first: int | None = None, solo: bool = True) -> Published:
    when = MADE - days * 86_400
    media = tuple(
        Media(picture=picture, path=f"media/{picture.object}.jpg", width=width, height=height, **_provable(picture))
        for picture in story.pictures
        for width, height in [SIZES[picture.object]]
    )
    approvals = ("Leyla Sample",) if solo else ("Leyla Sample", "محمود حسن")
    return Published(
        story=story,
        first_published=MADE - (first or days) * 86_400,
        published=when,
        media=media,
        approvals=approvals,
        solo=solo,
    )


SIZES: Final = {
    SQUARE.object: (1600, 1000),
    CROWD.object: (1400, 1000),
    CARD.object: (1200, 900),
    TOWER.object: (900, 1200),
}


def make() -> Site:
    """Make the sample site: six stories in English and one in Arabic."""
    english = _story(
        "how-many-died",
        "en",
        "How many died in Baku in January 1990? The sources differ",
        subhead="Nine sources, seven different figures, and one author who gave two. This page shows all of them and averages none.",
        bylines=(
            Byline(name="Leyla Sample", note="writes about archives for this sample newsroom."),
            Byline(name="محمود حسن"),
        ),
        blocks=ENGLISH,
        figures=FIGURES,
        version=2,
        keywords=("Black January", "Baku", "casualty figures"),
        places=("Baku",),
        about="<p>Leyla Sample does not exist. She was made up so that this page has somebody to name.</p>",
        corrections=(
            Correction(
                date="2026-11-26",
                text="An earlier version said that the report of May 1991 was printed in Baku. It was printed in New York.",
            ),
        ),
    )
    arabic = _story(
        "how-many-died-ar",
        "ar",
        "كم قُتل في باكو في يناير 1990؟ المصادر تختلف",
        subhead="تسعة مصادر وسبعة أرقام، وكاتب واحد ذكر رقمين. تعرضها هذه الصفحة كلها ولا تأخذ متوسطها.",
        translation_of="how-many-died",
        bylines=(
            Byline(name="محمود حسن", note="يكتب عن الأرشيفات في غرفة الأخبار النموذجية هذه."),
            Byline(name="Leyla Sample"),
        ),
        dateline=Dateline(place="باكو", date="2026-11-25"),
        categories=(Category(code="medtop:20000139", label="تاريخ"),),
        blocks=ARABIC,
        figures=FIGURES,
        usage="يجوز النسخ مع ذكر اسم غرفة الأخبار.",
        about="<p>محمود حسن شخصية مختلقة، وُضعت ليكون لهذه الصفحة مَن تسمّيه.</p>",
        corrections=(
            Correction(
                date="2026-11-26", text="ذكرت نسخة سابقة أن تقرير مايو 1991 طُبع في باكو، والصواب أنه طُبع في نيويورك."
            ),
        ),
        version=2,
    )
    return Site(
        name="The Sample Courier",
        stories=(
            _published(english, 0, first=1, solo=False),
            _published(arabic, 0, first=1, solo=False),
            _published(
                _story(
                    "how-a-part-travels",
                    "en",
                    "One picture, five parts, three of them enough",
                    subhead="What a courier carries, and what it shows to whoever finds it.",
                    blocks=(CARD, Prose(html="<p>A part shows that it is a part, and nothing of what is in it.</p>")),
                    categories=(Category(code="medtop:20000225", label="technology"),),
                ),
                2,
            ),
            _published(
                _story(
                    "tower",
                    "en",
                    "The tower was drawn twice",
                    subhead="A short piece with an upright picture.",
                    blocks=(TOWER, Prose(html="<p>Upright pictures keep their shape.</p>")),
                    categories=(Category(code="medtop:20000004", label="art"),),
                ),
                3,
            ),
            _published(
                _story(
                    "letters",
                    "en",
                    "Readers write: what is an outside witness?",
                    subhead="Somebody else who signs the public record, so that the newsroom cannot change it unseen.",
                ),
                5,
            ),
            _published(
                _story(
                    "gone",
                    "en",
                    "A story that had to be taken back",
                    withdrawal="The document it rested on turned out to be a copy whose origin nobody could name.",
                ),
                9,
            ),
            _published(
                _story("record", "en", "What the public record holds, and what it cannot forget", subhead=""),
                12,
            ),
        ),
        card_words=WORDS,
        edition_number=12,
        made=MADE,
        log_origin="sample.example/log",
    )


def pictures() -> dict[str, bytes]:
    """Draw the pictures, as paths in the edition and JPEG bytes."""
    drawn = {SQUARE.object: _square(), CROWD.object: _crowd(), CARD.object: _card(), TOWER.object: _tower()}
    return {f"media/{name}.jpg": _jpeg(image) for name, image in drawn.items()}


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _sky(size: tuple[int, int], top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    column = Image.new("RGB", (1, 64))
    for y in range(64):
        mixed = tuple(round(a + (b - a) * y / 63) for a, b in zip(top, bottom, strict=True))
        column.putpixel((0, y), mixed)
    return column.resize(size)


def _square() -> Image.Image:
    image = _sky((1600, 1000), (58, 74, 104), (233, 178, 132))
    draw = ImageDraw.Draw(image)
    draw.ellipse((1120, 380, 1280, 540), fill=(250, 224, 170))
    draw.rectangle((0, 560, 1600, 700), fill=(92, 112, 132))
    draw.polygon([(0, 700), (1600, 700), (1600, 1000), (0, 1000)], fill=(196, 172, 142))
    for left, width, top in ((0, 260, 470), (260, 180, 520), (440, 240, 430), (900, 200, 510), (1300, 300, 450)):
        draw.rectangle((left, top, left + width, 740), fill=(74, 62, 66))
        for x in range(left + 24, left + width - 30, 52):
            for y in range(top + 30, 700, 70):
                draw.rectangle((x, y, x + 22, y + 34), fill=(226, 184, 110))
    draw.rectangle((735, 250, 835, 760), fill=(60, 50, 56))
    draw.polygon([(720, 250), (850, 250), (785, 150)], fill=(60, 50, 56))
    return image


def _crowd() -> Image.Image:
    image = _sky((1400, 1000), (206, 196, 178), (172, 158, 138))
    draw = ImageDraw.Draw(image)
    for y in range(0, 760, 76):
        draw.line((0, y, 1400, y), fill=(158, 144, 124), width=3)
    draw.rectangle((0, 860, 1400, 1000), fill=(112, 100, 88))
    for x, coat in ((380, (86, 96, 110)), (685, (122, 70, 62)), (1000, (82, 98, 82))):
        draw.rounded_rectangle((x - 105, 455, x + 105, 900), radius=70, fill=coat)
        draw.ellipse((x - 58, 310, x + 58, 445), fill=(206, 168, 138))
        draw.arc((x - 26, 380, x + 26, 420), 20, 160, fill=(110, 76, 60), width=5)
    draw.rectangle((620, 300, 750, 450), fill=(0, 0, 0))
    return image


def _card() -> Image.Image:
    image = Image.new("RGB", (1200, 900), (230, 228, 222))
    draw = ImageDraw.Draw(image)
    colours = ((192, 186, 60), (70, 160, 160), (84, 150, 84), (158, 90, 150), (178, 72, 64), (66, 78, 150))
    for place, colour in enumerate(colours):
        draw.rectangle((place * 200, 0, place * 200 + 199, 620), fill=colour)
    draw.ellipse((330, 110, 870, 650), outline=(250, 250, 246), width=12)
    return image


def _tower() -> Image.Image:
    image = _sky((900, 1200), (32, 38, 62), (98, 98, 128))
    draw = ImageDraw.Draw(image)
    draw.ellipse((620, 140, 760, 280), fill=(238, 232, 208))
    draw.rectangle((360, 320, 540, 1120), fill=(26, 24, 34))
    draw.polygon([(340, 320), (560, 320), (450, 170)], fill=(26, 24, 34))
    draw.rectangle((0, 1100, 900, 1200), fill=(22, 20, 28))
    for y in range(400, 1040, 120):
        draw.rectangle((430, y, 470, y + 52), fill=(232, 190, 110))
    return image
