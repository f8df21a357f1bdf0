"""AI-Hub 일반상식 문장 생성 평가 (71311): sentences that were made from a few words. Its files are placed by hand."""

from collections.abc import Iterable

from okinst.builders import ByHand, Card, Row, SourceBuilder, Unmapped, Upstream, Variant, ask, clean, schema

REPO = ByHand(
    "aihub/71311",
    "1.1",
    page="https://aihub.or.kr/aihubdata/data/view.do?dataSetSn=71311",
    download="일반상식 문장 생성 평가 데이터 (after a login and an approval; the folders 01.원천데이터 of Training and Validation)",
)
TREE = "049.일반상식 문장 생성 평가 데이터/01-1.정식개방데이터"
#: okinst's words: upstream has the words and the sentences, and asks nothing
REQUEST = "다음 낱말을 모두 써서 자연스러운 문장을 하나 만들어 주세요."


def shards(part: str, flat: str) -> tuple[Upstream, ...]:
    """The files of Training or Validation: in upstream's tree or the end of it, or side by side, told by their names."""
    path = f"{part}/01.원천데이터/*.json"
    open_data = TREE.rpartition("/")[2]
    return (Upstream(REPO, f"{TREE}/{path}", also=(f"{open_data}/{path}", path, flat)),)


def request(concepts: object) -> str:
    """The words in upstream's order, as a request for a sentence.

    >>> print(request([{"stem": "비"}, {"stem": "우산"}]))
    다음 낱말을 모두 써서 자연스러운 문장을 하나 만들어 주세요.
    <BLANKLINE>
    비, 우산
    """
    if not isinstance(concepts, list) or not all(isinstance(each, dict) and "stem" in each for each in concepts):
        raise Unmapped("concepts that are no list of stems")
    words = [word for each in concepts if (word := clean(each["stem"]))]
    if not words:
        raise Unmapped("no concepts")
    return f"{REQUEST}\n\n{', '.join(words)}"


class AIHubCommonsenseEval(SourceBuilder):
    """A few words, and one sentence that was made from them."""

    CARD = Card(
        title="AI-Hub 일반상식 문장 생성 평가",
        homepage=REPO.page,
        license="other",
        license_note="AI-Hub terms: for Korean nationals, after a login and an approval; nothing of it may be passed on.",
        languages=("ko",),
        making="human and generated",
        generators=("unstated",),
        translators=(),
        derived_from=("AI-Hub",),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless. By its page the sentences come from "
        "people and from a model, to be scored: nothing says that an answer here is a good one.",
        quirks=(
            "Placed by hand: no network has it. Only 01.원천데이터 is read: its columns are known, from those who read it.",
            "The scores people gave (문법성, 사실성, 유창성, 다양성, three steps each) are in 02.라벨링데이터, whose field "
            "names okinst could not learn: not read. A row with a column that is not known stops the build and is named, so that "
            "such a file is never taken for the other: accept_drift=True (--accept-drift) leaves the column out.",
            "The page says five criteria in one line, and four in the next. Its 1,071,345 sentences count both splits.",
            "A row upstream is a set of words; a row here is one of its genSentences, whose key is label-scenes. The wording of "
            "the request is okinst's. sentence is in raw=True: it seems to be what the words were taken from.",
            "Side by side in one folder, a file is Training's if its name has train in it, and Validation's if it has valid.",
        ),
        citations=("aihubcommonsenseeval",),
    )
    FORMAT = "JSON array"
    COLUMNS = {"sentence": "string", "concepts": [{"stem": "string"}], "genSentences": [{"label-scenes": "string"}]}
    BUILDER_CONFIGS = [
        Variant(
            name="aihub-commonsense-eval",
            description="Sentences that people and a model made from a few words.",
            files={
                "train": shards("Training", "*[Tt]rain*.json"),
                "validation": shards("Validation", "*[Vv]alid*.json"),
            },
            rows={"train": 1_071_345},
            rows_exact=False,
        )
    ]

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        unknown = schema.beyond(row, self.COLUMNS)
        if unknown and not self.config.accept_drift:
            raise ValueError(
                f"it has columns the catalogue does not know: {', '.join(sorted(unknown))}; it knows "
                f"{', '.join(self.COLUMNS)}, genSentences.label-scenes and concepts.stem. If these are the scores of "
                f"02.라벨링데이터, leave that folder out and report their names; accept_drift=True (--accept-drift) passes over "
                f"them"
            )
        asked = request(row["concepts"])
        for made in row["genSentences"]:
            if isinstance(made, dict) and "label-scenes" in made:
                yield ask(asked, made["label-scenes"])
            else:
                yield Unmapped("a sentence without label-scenes")
