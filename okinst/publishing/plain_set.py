"""A Dataset or DatasetDict as a folder that can be pushed: of any making, so its provenance says what it holds and no more."""

import logging
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import datasets
import yaml

from okinst.builders import WrongCall
from okinst.licences import COLUMNS, lot, together
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card.head import sizes
from okinst.publishing.folder import BY, Built, file_entry, write_split
from okinst.publishing.place import PROVENANCE, README, readable
from okinst.version import VERSION

logger = logging.getLogger("okinst")

DEFAULT = "default"
#: the name of the set in its folder. What it is called on the Hub names no folder of this machine: it may be a path
NAME = "dataset"
#: what rows say that say nothing
UNSTATED = "unstated"
#: lines of the card's table, the largest first
_LINES = 100
_SPLIT = re.compile(r"\w+(\.\w+)*")


@dataclass(frozen=True)
class _Sets:
    """The splits of a set under names that load_dataset can read."""

    splits: dict[str, datasets.Dataset]
    #: what is not as it was given
    notes: list[str] = field(default_factory=list)


def named(rows: Any) -> str:
    """The config that rows were loaded as, or "default". Raises WrongCall for what is neither a Dataset nor a DatasetDict."""
    return str(next(iter(_sets(rows).splits.values())).info.config_name or DEFAULT)


def write(rows: Any, folder: Path, name: str) -> Path:
    """Write rows as a folder like those of `build`, and give back the folder. A Dataset alone is its split, or train.

    `name` heads the card. Where rows say what they are in the columns source, license and making, these and language are written as
    text. Raises WrongCall for what is neither a Dataset nor a DatasetDict, and for such a column that is no word.
    """
    sets = _sets(rows)
    folder.mkdir(parents=True, exist_ok=True)
    built = Built(NAME, folder, {}, [])
    notes = list(sets.notes)
    splits = {split: _in_words(each, folder, notes) for split, each in sets.splits.items()}
    for split, each in splits.items():
        write_split(each, split, folder, built, None)
    for note in notes:
        logger.warning("%s", note)
    composition = _composition(built)
    features = next(iter(splits.values())).features
    (folder / README).write_text(_readme(name, built, composition, features, notes), encoding="utf-8")
    told = {
        "name": NAME,
        "okinst": VERSION,
        "rows": built.rows,
        "composition": [
            {**dict(zip(("split", *BY), group, strict=True)), "rows": count} for group, count in composition.items()
        ],
        "files": [*built.files, file_entry(folder, folder / README)],
    }
    (folder / PROVENANCE).write_bytes(readable(told))
    return folder


def _sets(rows: Any) -> _Sets:
    if isinstance(rows, datasets.Dataset):
        rows = datasets.DatasetDict({str(rows.split or "train"): rows})
    if not isinstance(rows, datasets.DatasetDict) or not rows:
        raise WrongCall(
            f"{type(rows).__name__} cannot be pushed: give the folder of okinst build, a Dataset, or a DatasetDict with splits (a "
            f"stream has to be loaded without streaming first)."
        )
    found = _Sets({})
    for told, each in rows.items():
        split = split_name(str(told))
        if split in found.splits:
            raise WrongCall(
                f"two splits would both be {split} on the Hub ({', '.join(map(str, rows))}). Give them other names."
            )
        if not len(each):
            found.notes.append(
                f"The split {told} has no rows and is left out: load_dataset could not read the others with it."
            )
            continue
        if split != told:
            found.notes.append(f"The split {told} is called {split} here: no split of the Hub can have the other name.")
        found.splits[split] = each
    if not found.splits:
        raise WrongCall("there are no rows to push: every split is empty.")
    return found


def split_name(told: str) -> str:
    """A name that a split can have on the Hub: what was cut out of a split bears the name of the split.

    >>> split_name("train[:3]"), split_name("train+test[50%:]"), split_name("dev-set"), split_name("[:]")
    ('train', 'train_test', 'dev_set', 'train')
    """
    if _SPLIT.fullmatch(told):
        return told
    names = [re.sub(r"\W+", "_", re.sub(r"[\[(].*", "", part)).strip("_") for part in told.split("+")]
    return "_".join(dict.fromkeys(filter(None, names))) or "train"


def _in_words(rows: datasets.Dataset, folder: Path, notes: list[str]) -> datasets.Dataset:
    """Rows with the columns that say what they are as text: the licence gate reads words."""
    if not set(COLUMNS) <= set(rows.features):
        return rows
    others: dict[str, Any] = {}
    for column in BY:
        kind = rows.features.get(column)
        if kind is None or (isinstance(kind, datasets.Value) and kind.dtype in ("string", "large_string")):
            continue
        if not isinstance(kind, datasets.Value | datasets.ClassLabel):
            raise WrongCall(
                f"the column {column} holds no words ({kind}): what may be done with a row is read from {', '.join(COLUMNS)}. Make "
                f"it text, or name it otherwise."
            )
        others[column] = kind
    if not others:
        return rows

    def told(batch: dict[str, list[Any]]) -> dict[str, list[str | None]]:
        return {column: [_word(value, kind) for value in batch[column]] for column, kind in others.items()}

    for column, kind in others.items():
        note = f"The column {column} is written as text; it was {kind}."
        if note not in notes:
            notes.append(note)
    features = datasets.Features({**rows.features, **dict.fromkeys(others, datasets.Value("string"))})
    # beside the folder's own files, and gone with it: the cache of the rows given need not hold them
    cache = str(folder / f"in-words-{rows._fingerprint}.arrow")
    return rows.with_format(None).map(
        told, batched=True, features=features, cache_file_name=cache, load_from_cache_file=False
    )


def _word(value: Any, kind: Any) -> str | None:
    if value is None:
        return None
    if isinstance(kind, datasets.ClassLabel):
        return str(kind.names[value]) if 0 <= value < len(kind.names) else None
    return str(value)


def _composition(built: Built) -> Counter[tuple[str, ...]]:
    """The rows by split and what they say they are. Nothing where they do not say what the licence gate asks."""
    counts: Counter[tuple[str, ...]] = Counter()
    for split, table in BuiltFolder(built.folder, {"name": NAME, "rows": built.rows}).batches(list(BY)):
        if not set(COLUMNS) <= set(table.column_names):
            return Counter()
        groups = table.group_by(table.column_names).aggregate([([], "count_all")]).to_pylist()
        for row in groups:
            counts[(split, *(row.get(name) or UNSTATED for name in BY))] += row["count_all"]
    return counts


def _readme(
    name: str, built: Built, composition: Counter[tuple[str, ...]], features: datasets.Features, notes: list[str]
) -> str:
    head: dict[str, Any] = {"tags": ["okinst"]}
    if composition:
        lots = [lot(source, license, making, count) for (_, source, _, license, making), count in composition.items()]
        languages = {group[2].partition("-")[0].lower() for group in composition}
        if codes := sorted(language for language in languages if re.fullmatch("[a-z]{2,3}", language)):
            head["language"] = codes
        head["license"] = together(lots).hub
    head["dataset_info"] = {
        "config_name": name,
        "features": features._to_yaml_list(),
        **sizes(BuiltFolder(built.folder, {"name": NAME, "rows": built.rows})),
    }
    lines = [
        f"# {name}",
        "",
        f"Rows: {', '.join(f'{split} {count:,}' for split, count in built.rows.items())}.",
        *(line for note in notes for line in ("", note)),
    ]
    if composition:
        lines += [
            "",
            f"| {' | '.join(('split', *BY))} | rows |",
            f"|{'---|' * (len(BY) + 1)}---:|",
            *(f"| {' | '.join(map(_cell, group))} | {count:,} |" for group, count in composition.most_common(_LINES)),
        ]
        if more := len(composition) - _LINES:
            lines += ["", f"{PROVENANCE} has {more:,} more lines."] * (more > 0)
    return f"---\n{yaml.safe_dump(head, allow_unicode=True, sort_keys=False).strip()}\n---\n" + "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
