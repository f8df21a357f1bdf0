"""korean_rlhf_dataset, from jojo0217 (Sungkyunkwan University): in spite of its name, five sets joined for SFT."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask, clean

REPO = Hub("jojo0217/korean_rlhf_dataset", "01b06b9ced034b1460dfa5673e5174f4e7054b1b")
#: how early versions said that there is no input
MISSING = frozenset(("입력 없음", "입력없음", "noinput", "no input"))


def given(value: object) -> str:
    """An input, or "" for one of the ways upstream has said that there is none.

    >>> given("입력 없음"), given("하나와 둘")
    ('', '하나와 둘')
    """
    text = clean(value)
    return "" if text.strip("<>.").lower() in MISSING else text


class KoreanRLHF(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="korean_rlhf_dataset",
        homepage="https://huggingface.co/datasets/jojo0217/korean_rlhf_dataset",
        license="apache-2.0",
        license_note="The Hub card. Its parts have licences of their own (CC BY-NC 4.0, CC BY-SA 3.0), and OpenAI's terms.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("gpt-3.5-turbo (KoAlpaca)", "text-davinci-003 (Alpaca)"),
        translators=("DeepL (Dolly, OpenAssistant)", "unstated (Alpaca, OIG)"),
        derived_from=("koalpaca-v1.1", "dolly-ko", "guanaco-ko", "Stanford Alpaca", "OIG-small-chip2"),
        overlaps=("koalpaca-v1.0", "koalpaca-v1.1", "dolly-ko", "guanaco-ko", "oig-smallchip2-ko"),
        warning="",
        quirks=(
            "No preferences in spite of the name: 21,155 rows of KoAlpaca v1.1, 51,374 of Alpaca, 15,009 of Dolly, 9,651 of "
            "OpenAssistant and 10,000 of OIG. Mixed with any of these it repeats them wholesale.",
            "No column says which row is from where.",
            "An input of 입력 없음, 입력없음, noinput or no input, as early versions have it, is no input.",
            "The preferences and prompts of steps 2 and 3 are on GitHub only, and not read.",
        ),
        citations=("koreanrlhf",),
    )
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="korean-rlhf",
            description="KoAlpaca, Alpaca, Dolly, OpenAssistant and OIG, joined.",
            files={"train": (REPO / "train.jsonl",)},
            rows={"train": 107_189},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], given(row["input"]))
