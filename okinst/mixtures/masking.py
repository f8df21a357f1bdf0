"""What is shown of rows beside a built set, with what leaks masked: a folder may be published."""

from collections.abc import Sequence

import pyarrow as pa

from okinst.builders import WrongCall
from okinst.builders.schema import Shape
from okinst.curation.filters import Filter


def masked(table: pa.Table, shape: Shape, personal: bool = False) -> pa.Table:
    """Rows of a shape with what leaks masked."""
    hide = Filter(secrets="mask", pii="mask" if personal else None)
    try:
        hide.check(shape, "")
    except WrongCall:  # rows of evaluation sets are not changed
        return table
    return hide.apply(table).table


def hidden(texts: Sequence[str], personal: bool = False) -> list[str]:
    """Texts with what leaks masked, and else as they are, blanks included.

    >>> hidden(["  왜?\\n", ""])
    ['  왜?\\n', '']
    """
    if not texts:
        return []
    # of lone surrogates, which upstream's JSON may have, no column can be made
    said = [{"role": "user", "content": text.encode("utf-8", "replace").decode()} for text in texts]
    table = pa.Table.from_pylist([{"messages": [each], "context": ""} for each in said])
    return [row[0]["content"] for row in masked(table, "conversation", personal)["messages"].to_pylist()]
