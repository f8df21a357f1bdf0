"""JSON documents read as streams: an array within an object, and an object whose keys are ids."""

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from okinst.builders import DamagedFile, json_document
from okinst.builders.formats import json_array, json_table

text = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.one_of(text, st.none(), st.booleans(), st.integers(-(10**20), 10**20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
rows = st.lists(st.dictionaries(text, values, max_size=3), max_size=4)
beside = st.lists(st.tuples(text.filter(lambda key: key != "data"), values), max_size=3)
boms = st.sampled_from([b"", b"\xef\xbb\xbf"])
ends = st.sampled_from(["", "\n", "\r\n", " \t\r\n"])
any_piece = pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 1 << 16])
# monkeypatch sets the same size for every example
same_piece = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)


def within(data: bytes) -> list[object]:
    return list(json_array(io.BytesIO(data), "place/file", within="data"))


def table(data: bytes) -> list[object]:
    return list(json_table(io.BytesIO(data), "place/file", key="id"))


def written(pairs: list[tuple[str, object]], ascii: bool, gap: str) -> str:
    """An object whose keys may come twice, with blanks wherever JSON allows them."""
    members = (
        f"{gap}{json.dumps(key, ensure_ascii=ascii)}{gap}:{gap}{spread(value, ascii, gap)}" for key, value in pairs
    )
    return gap + "{" + f"{gap},".join(members) + gap + "}" + gap


def spread(value: object, ascii: bool, gap: str) -> str:
    return json.dumps(value, ensure_ascii=ascii, separators=(f"{gap},{gap}", f"{gap}:{gap}"))


@any_piece
@same_piece
@given(rows=rows, before=beside, after=beside, bom=boms, ascii=st.booleans(), gap=ends)
def test_an_array_within_comes_back_whatever_stands_beside_it(
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[dict[str, object]],
    before: list[tuple[str, object]],
    after: list[tuple[str, object]],
    bom: bytes,
    ascii: bool,
    gap: str,
) -> None:
    monkeypatch.setattr(json_document, "_PIECE", piece)
    assert within(bom + written([*before, ("data", rows), *after], ascii, gap).encode()) == rows


@any_piece
@same_piece
@given(rows=st.lists(st.tuples(text, st.dictionaries(text.filter("id".__ne__), values, max_size=3)), max_size=4), bom=boms, gap=ends)  # fmt: skip
def test_a_table_comes_back_in_order_and_with_every_id(
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, dict[str, object]]],
    bom: bytes,
    gap: str,
) -> None:
    monkeypatch.setattr(json_document, "_PIECE", piece)
    found = table(bom + written(rows, False, gap).encode())  # type: ignore[arg-type]
    assert found == [{"id": id, **row} for id, row in rows], "an id that comes twice is two rows"


WHOLE = {
    "version": 1.5,
    "data": [{"가": "나\\u0041\n"}, {"n": [-1.5e-3, True, None, {"x": "\U0001f600"}]}],
    "end": "끝",
}


def pieces(data: bytes) -> Iterator[bytes]:
    # what stands behind the last bracket is blank, so that all of it is needed
    yield from (data[:cut] for cut in range(len(data)))


@pytest.mark.parametrize("piece", [1, 5, 1 << 16])
@pytest.mark.parametrize("ascii", [True, False])
def test_a_cut_anywhere_is_damage(piece: int, ascii: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "_PIECE", piece)
    array = json.dumps(WHOLE, ensure_ascii=ascii).encode()
    keyed = json.dumps({"a": {"x": 1}, "나": {"y": ["\u3042", 2.0]}}, ensure_ascii=ascii).encode()
    assert len(within(array)) == 2 and len(table(keyed)) == 2
    for read, data in ((within, array), (table, keyed)):
        for cut in pieces(data):
            with pytest.raises(DamagedFile, match="place/file"):
                read(cut)


@any_piece
@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"data": [{"a": 1}], "x": 2, "data": [{"a": 3}]}', ("row 1", "'data' twice")),
        ('{"data": [], "data": []}', ("'data' twice",)),
        ('{"version": 1}', ("no array 'data'",)),
        ("{}", ("no array 'data'",)),
        ("", ("empty",)),
        ('[{"data": []}]', ("one JSON object", "begins with '['")),
        ('{"data": {"a": 1}}', ("begins with '{'",)),
        ('{"data": "text"}', ("begins with",)),
        ('{"data": null}', ("begins with 'n'",)),
        ('{"data": 3}', ("begins with '3'",)),
        ('{"data": [[1]]}', ("row 0", "list")),
        ('{"data": [{"a": 1} {"a": 2}]}', ("row 1", "comma")),
        ('{"data": [{"a": 1},]}', ("row 1", "comma")),
        ('{"data": [{"a": 1}]} {}', ("more behind the end",)),
        ('{"data": [{"a": 1}] "x": 1}', ("comma",)),
        ('{"data" [{"a": 1}]}', ("colon",)),
        ('{data: [{"a": 1}]}', ("quotes",)),
        ('{"data": [], }', ("comma",)),
    ],
)  # fmt: skip
def test_damage_around_an_array_is_named(
    piece: int, data: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_document, "_PIECE", piece)
    with pytest.raises(DamagedFile) as error:
        within(data.encode())
    assert all(word in str(error.value) for word in ("place/file", *words)), error.value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"a": {"id": "b"}}', ("row 0", "column 'id' of its own")),
        ('{"a": {"x": 1}, "b": [1]}', ("'b' of place/file", "list")),
        ('[{"a": 1}]', ("one JSON object",)),
        ('{"a": {"x": 1}} 3', ("more behind the end",)),
    ],
)
def test_damage_in_a_table_is_named(data: str, words: tuple[str, ...]) -> None:
    with pytest.raises(DamagedFile) as error:
        table(data.encode())
    assert all(word in str(error.value) for word in ("place/file", *words)), error.value
    assert table(b'{"a": {"id": "a"}}') == [{"id": "a"}]
