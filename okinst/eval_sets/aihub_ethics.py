"""What the two views of AI-Hub's text ethics dialogues (dataset 558) share: six JSON files, placed by hand.

Labels, intensity and ids are as public loaders read them; `votes` is recalled, and the mapping does not use it.
"""

import io
import json
from collections.abc import Iterator
from typing import IO

from okinst.builders import ByHand, Card, Row, SourceBuilder, Unmapped, Upstream
from okinst.builders.formats import json_array

REPO = ByHand(
    "aihub/558",
    "1.0 (2022-07-12)",
    page="https://aihub.or.kr/aihubdata/data/view.do?dataSetSn=558",
    download="텍스트 윤리검증 데이터 (the labelled files, 라벨링데이터)",
)
ROOT = "147.텍스트 윤리검증 데이터/01.데이터"
TRAINING = f"{ROOT}/1.Training/라벨링데이터/aihub/TL1_aihub"
VALIDATION = f"{ROOT}/2.Validation/라벨링데이터/aihub"
LABELS = ("CENSURE", "HATE", "DISCRIMINATION", "SEXUAL", "ABUSE", "VIOLENCE", "CRIME", "IMMORAL_NONE")
#: some third-party copies have another word for one label
SPELLINGS = {name: number for number, name in enumerate(LABELS)} | {"HATRED": LABELS.index("HATE")}


def _train(number: int, ending: str = "") -> Upstream:
    return REPO / f"{TRAINING}/talksets-train-{number}/talksets-train-{number}{ending}.json"


def _validation() -> Upstream:
    # unzipped, some have one folder more around it
    plain, deeper = (
        REPO / f"{folder}/talksets-train-6/talksets-train-6.json" for folder in (VALIDATION, f"{VALIDATION}/VL1_aihub")
    )
    return Upstream(REPO, plain.path, also=tuple(dict.fromkeys((*deeper.ends(), *plain.ends()))))


FILES = {
    "train": (_train(1, "_aihub"), *map(_train, (2, 3, 4, 5))),
    "validation": (_validation(),),
}


def numbers(types: object) -> list[int]:
    """The classes of a sentence, in the order of LABELS.

    >>> numbers(["HATE", "CENSURE"]), numbers(["HATRED"])
    ([0, 1], [1])
    """
    if not isinstance(types, list) or not types:
        raise Unmapped("a sentence without types")
    if unknown := [each for each in types if each not in SPELLINGS]:
        raise ValueError(f"the label {unknown[0]!r} is none of {', '.join(LABELS)}")
    return sorted({SPELLINGS[each] for each in types})


def intensity(sentence: Row) -> float | None:
    """How bad people found a sentence, from 0 to 3."""
    value = sentence.get("intensity")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3:
        raise ValueError(f"the intensity is {value!r}, where numbers from 0 to 3 are known")
    return float(value)


def sentences(row: Row) -> list[Row]:
    """The sentences of a dialogue."""
    found = row["sentences"]
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unmapped("sentences that are no list of objects")
    return found


class AIHubEthics(SourceBuilder):
    """One dialogue, judged sentence by sentence."""

    CARD = Card(
        title="AI-Hub text ethics (텍스트 윤리검증 데이터)",
        homepage=REPO.page,
        license="other",
        license_note="AI-Hub's terms: for Korean nationals, after a login and an approval; not to be passed on.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="More than half of the sentences are abusive: insults, hatred, sexual and violent language. They are here to be "
        "recognised, never to be imitated.",
        quirks=(
            "Placed by hand: only AI-Hub has the files, and only file 1 has _aihub in its name.",
            "The validation split is the file named talksets-train-6.",
            "AI-Hub's page counts 453,340 sentences in some 132,807 dialogues; a tenth of them, a test split, is not public. The rows "
            "here are what others found, or a share.",
            "A sentence has one label or several; IMMORAL_NONE stands alone where nothing is wrong with it.",
            "intensity is the mean of the votes, from 0 to 3; raw=True has intensity_sum, and votes as JSON: their fields are "
            "recalled, not seen.",
            "Masks such as #@인간및인간집단.인물.유명인# stand for names and are kept; origin_text, which can differ from text, is in raw=True.",
            'Third-party copies that wrap the array in {"talksets": [...]}, or say HATRED for HATE, are read the same.',
        ),
        citations=("aihubethics",),
    )
    FORMAT = "JSON array"
    COLUMNS = {
        "id": "string",
        "sentences": [
            {
                "id": "string",
                "speaker": "int64",
                "origin_text": "string",
                "text": "string",
                "types": ["string"],
                "is_immoral": "bool",
                "intensity": "float64",
                "intensity_sum": "int64",
                "votes": "string",
            }
        ],
    }

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        """The dialogues, wrapped in an object or not, with `votes` as JSON: nobody has seen how they are laid out."""
        buffered = io.BufferedReader(file)  # type: ignore[type-var]
        wrapped = buffered.peek(1).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
        for row in json_array(buffered, name, within="talksets" if wrapped else None):
            found = [] if isinstance(row, Unmapped) else row.get("sentences")
            for sentence in found if isinstance(found, list) else []:
                if isinstance(sentence, dict) and "votes" in sentence:
                    sentence["votes"] = json.dumps(sentence["votes"], ensure_ascii=False)
            yield row
