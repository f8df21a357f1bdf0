"""HAE-RAE Bench 1.1: the two tasks without options, a line of a song or a proverb to be restored."""

from okinst.builders import Row, SourceBuilder, Unmapped, ask
from okinst.eval_sets.haerae import HAERAE, options, variant


class HAERAEDenoising(SourceBuilder):
    """One garbled line and how it should read."""

    CARD = HAERAE.CARD
    FORMAT = "Parquet"
    COLUMNS = HAERAE.COLUMNS
    BUILDER_CONFIGS = [
        variant("lyrics_denoising", "Lines of songs to be restored.", 622),
        variant("proverbs_denoising", "Proverbs to be restored.", 672),
    ]

    def example(self, row: Row) -> Row:
        if options(row["options"]):
            raise Unmapped("options in a task without")
        return ask(row["query"], row["answer"])
