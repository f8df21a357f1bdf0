"""A Dataset or DatasetDict as a folder that can be pushed: of any making, so its provenance says what it holds and no more."""

import json
from pathlib import Path
from typing import Any

import datasets
import yaml

from okinst.builders import WrongCall
from okinst.licences import lot, together
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card.head import sizes
from okinst.publishing.folder import BY, Built, file_entry, write_split
from okinst.publishing.place import PROVENANCE, README
from okinst.version import VERSION

DEFAULT = "default"


def write(rows: Any, folder: Path, name: str | None = None) -> Path:
    """Write rows as a folder like those of `build`, and give back the folder. A Dataset alone is the split train.

    Named are they by `name`, by the config they were loaded as, or "default". Raises WrongCall for what is neither a Dataset nor
    a DatasetDict.
    """
    if isinstance(rows, datasets.Dataset):
        rows = datasets.DatasetDict({str(rows.split or "train"): rows})
    if not isinstance(rows, datasets.DatasetDict) or not rows:
        raise WrongCall(
            f"{type(rows).__name__} cannot be pushed: give the folder of okinst build, a Dataset, or a DatasetDict with splits (a "
            f"stream has to be loaded without streaming first)."
        )
    first = next(iter(rows.values()))
    folder.mkdir(parents=True, exist_ok=True)
    built = Built(name or first.info.config_name or DEFAULT, folder, {}, [])
    for split, each in rows.items():
        write_split(each, str(split), folder, built, None)
    (folder / README).write_text(_readme(built, first.features), encoding="utf-8")
    told = {
        "name": built.name,
        "okinst": VERSION,
        "rows": built.rows,
        "composition": [
            {**dict(zip(("split", *BY), group, strict=True)), "rows": count}
            for group, count in built.composition.items()
        ],
        "files": [*built.files, file_entry(folder, folder / README)],
    }
    (folder / PROVENANCE).write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return folder


def _readme(built: Built, features: datasets.Features) -> str:
    head: dict[str, Any] = {"tags": ["okinst"]}
    if built.composition:
        lots = [
            lot(source, license, making, count) for (_, source, _, license, making), count in built.composition.items()
        ]
        head["language"] = sorted({group[2].partition("-")[0] for group in built.composition})
        head["license"] = together(lots).hub
    head["dataset_info"] = {
        "config_name": built.name,
        "features": features._to_yaml_list(),
        **sizes(BuiltFolder(built.folder, {"name": built.name, "rows": built.rows})),
    }
    lines = [
        f"# {built.name}",
        "",
        f"Rows: {', '.join(f'{split} {count:,}' for split, count in built.rows.items())}.",
    ]
    if built.composition:
        lines += [
            "",
            f"| {' | '.join(('split', *BY))} | rows |",
            f"|{'---|' * (len(BY) + 1)}---:|",
            *(f"| {' | '.join(group)} | {count:,} |" for group, count in built.composition.items()),
        ]
    return f"---\n{yaml.safe_dump(head, allow_unicode=True, sort_keys=False).strip()}\n---\n" + "\n".join(lines) + "\n"
