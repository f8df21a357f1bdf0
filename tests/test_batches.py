"""How many rows go into one Arrow table: what a source says, and the rows are the same."""

from pathlib import Path

import pyarrow as pa
import pytest

from okinst.catalogue import SOURCES


def test_a_table_has_as_many_rows_as_its_source_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = SOURCES["koalpaca-v1.1"].builder(sample=True, cache_dir=str(tmp_path))
    files = list(builder.config.files["train"])
    whole = [table for _, table in builder._generate_tables(files, "train")]
    monkeypatch.setattr(type(builder), "BATCH", 15)
    some = [table for _, table in builder._generate_tables(files, "train")]
    assert [table.num_rows for table in whole] == [40]
    assert [table.num_rows for table in some] == [15, 15, 10]
    assert pa.concat_tables(some).combine_chunks().equals(pa.concat_tables(whole).combine_chunks())
