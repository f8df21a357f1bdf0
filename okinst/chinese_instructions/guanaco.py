"""Guanaco, from JosephusCheung: five languages in one file. Every file exists twice, and the mini file is part of another."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask
from okinst.builders.scripts import language_of

REPO = Hub("JosephusCheung/GuanacoDataset", "main")  # no commit of it is known


def in_its_language(row: Row) -> Row:
    """A conversation with the language its words are in."""
    return row | {"language": language_of("\n".join(message["content"] for message in row["messages"]))}


class Guanaco(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="Guanaco, without the chat",
        homepage="https://huggingface.co/datasets/JosephusCheung/GuanacoDataset",
        license="gpl-3.0",
        license_note="The Hub card; the text is also under OpenAI's terms.",
        languages=("zh-Hans", "zh-Hant", "en", "ja", "de", "mul"),
        making="generated",
        generators=("text-davinci-003",),
        translators=(),
        derived_from=("Self-Instruct", "Stanford Alpaca"),
        overlaps=(),
        warning="Answers about made-up papers and texts: what they state as fact may be made up too.",
        quirks=(
            "Each of the seven files exists twice, X.json (escaped to ASCII) and X-utf8.json: a bare load of the repository has "
            "every row twice (1,173,668). Only the utf8 files are read.",
            "guanaco_non_chat_mini_52K is a part of guanaco_non_chat: never read.",
            "There is no language column: the language of each row is told from its scripts, and mul where it is mixed.",
            "Some outputs are empty: left out.",
            "No commit of the repository is known to okinst: main is read, unpinned.",
        ),
        citations=("guanaco", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    # how many outputs are empty nobody has counted
    MAY_LOSE = 0.25
    BUILDER_CONFIGS = [
        Variant(
            name="guanaco",
            description="Instructions in Chinese, English, Japanese and German, and questions about texts.",
            files={
                "train": (
                    REPO / "guanaco_non_chat-utf8.json",
                    REPO / "additional/general_ans-utf8.json",
                    REPO / "additional/general_questions-utf8.json",
                    REPO / "additional/paper_answers-utf8.json",
                    REPO / "additional/paper_questions-utf8.json",
                )
            },
            rows={"train": 485_643},
        )
    ]

    def example(self, row: Row) -> Row:
        return in_its_language(ask(row["instruction"], row["output"], row["input"]))
