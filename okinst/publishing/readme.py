"""One README.md for several sets: each set (a config) has its entry in the YAML head and its own part of the text.

A part stands between two comments that a reader of the page does not see, so that a push replaces its own part and nothing else:
what was written by hand, and the parts of other sets, stay as they are.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from okinst.builders import DamagedFile

CONFIGS, INFOS = "configs", "dataset_info"
_HEAD = re.compile(r"---[ \t]*\n(.*?\n)??---[ \t]*(?:\n|$)(.*)", re.DOTALL)
#: they say together what one licence is
_LICENCE = ("license", "license_name", "license_link")
_MARK = "<!-- okinst:"


def parted(readme: str, whose: str) -> tuple[dict[str, Any], str]:
    """The YAML head of a README.md, and the text below it. Raises DamagedFile for a head that is no YAML.

    >>> parted("---\\nlicense: mit\\n---\\n# A set\\n", "here")
    ({'license': 'mit'}, '# A set\\n')
    >>> parted("# A set\\n", "here")
    ({}, '# A set\\n')
    """
    readme = readme.removeprefix("\ufeff").replace("\r\n", "\n")
    found = _HEAD.fullmatch(readme.lstrip())
    if not found:
        return {}, readme
    try:
        head = yaml.safe_load(found[1] or "") or {}
        if not isinstance(head, dict) or not isinstance(head.get(CONFIGS) or [], list):
            raise ValueError("it is no table of keys")
        for entry in head.get(CONFIGS) or []:
            if not isinstance(entry, dict) or "config_name" not in entry:
                raise ValueError("an entry of configs has no config_name")
    except (yaml.YAMLError, ValueError) as error:
        raise DamagedFile(
            f"the head of README.md in {whose} cannot be read ({' '.join(str(error).split())}). Mend it there, or name another "
            f"repository."
        ) from error
    return head, found[2]


def merged(theirs: str, ours: str, config: str, splits: Iterable[str], whose: str = "the repository") -> str:
    """The README.md of a repository with the card of one set put in, or put in anew.

    Of `theirs` stay the other sets, whatever was written by hand, and keys that `ours` does not have. `ours` is a card of this
    one set. Merging the same card twice changes nothing.
    """
    there, text = parted(theirs, whose)
    card, own_text = parted(ours, f"the card of {config}")
    entries = [dict(each) for each in there.get(CONFIGS) or []]
    others = [each for each in entries if each["config_name"] != config]
    # keys keep their places, so that the same card twice is the same bytes
    head = dict(there)
    for key, value in card.items():
        if key in (*_LICENCE, CONFIGS, INFOS):
            continue
        head[key] = _both(head[key], value) if key in head and (others or key == "tags") else value
    before, licence = ({key: each[key] for key in _LICENCE if key in each} for each in (there, card))
    if not licence:
        licence = before
    elif others and licence != before:
        licence = {"license": "other"}  # sets under several licences: each part says its own
    for key in _LICENCE:
        if key in licence:
            head[key] = licence[key]
        else:
            head.pop(key, None)
    entry = {"data_files": [{"split": split, "path": f"{config}/{split}-*.parquet"} for split in splits]}
    head[CONFIGS] = _put(entries, config, entry)
    # what an earlier upload said of this set's columns may be wrong now, and load_dataset would refuse its rows
    infos = [each for each in _infos(there) if each.get("config_name") != config]
    if own := _infos(card)[:1]:
        infos.append({"config_name": config, **{key: value for key, value in own[0].items() if key != "config_name"}})
    if infos:
        head[INFOS] = infos if len(infos) > 1 else infos[0]
    else:
        head.pop(INFOS, None)
    told = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=10_000).strip()
    return f"---\n{told}\n---\n{_with_part(text, own_text, config)}"


def patterns(head: dict[str, Any], config: str) -> list[str]:
    """Which files a set of a repository is made of, as its entry says."""
    for entry in head.get(CONFIGS) or []:
        if entry["config_name"] == config:
            return list(_patterns(entry.get("data_files"))) or [f"{entry.get('data_dir', '')}/**".lstrip("/")]
    return []


def means(pattern: str, path: str) -> bool:
    """Whether a pattern of data_files takes a file: * does not cross a /, ** does, and a folder is all that is in it.

    >>> means("data/*.parquet", "data/a.parquet"), means("data/*.parquet", "data/b/a.parquet"), means("**", "b/a")
    (True, False, True)
    >>> means("data", "data/a.csv"), means("**/train-*", "a/b/train-1"), means("train-[0-9]*", "train-x")
    (True, True, False)
    """
    pattern = pattern.removeprefix("./").rstrip("/")
    told = "".join(
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part)
        or (part if re.fullmatch(r"\[[^]]+\]", part) else re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", pattern)
    )
    return re.fullmatch(f"{told}(?:/.*)?", path) is not None


def _patterns(files: Any) -> Iterator[str]:
    if isinstance(files, str):
        yield files
    elif isinstance(files, dict):
        yield from _patterns(files["path"] if "path" in files else list(files.values()))
    elif isinstance(files, list):
        for each in files:
            yield from _patterns(each)


def _put(entries: list[dict[str, Any]], config: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The entry of a set in its place, or at the end; what else stood there, such as `default`, stays."""
    if all(each["config_name"] != config for each in entries):
        return [*entries, {"config_name": config, **entry}]
    return [
        {**{key: value for key, value in each.items() if key != "data_dir"}, **entry}
        if each["config_name"] == config
        else each
        for each in entries
    ]


def _infos(head: dict[str, Any]) -> list[dict[str, Any]]:
    found = head.get(INFOS) or []
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _both(theirs: Any, ours: Any) -> Any:
    """What holds for several sets: all words of a list; of what is one word, that which was there."""
    if isinstance(theirs, list) or isinstance(ours, list):
        one, other = (each if isinstance(each, list) else [each] for each in (theirs, ours))
        return [*one, *(each for each in other if each not in one)]
    return theirs


def _with_part(text: str, own: str, config: str) -> str:
    begin, end = f"{_MARK} {config} -->", f"{_MARK} end of {config} -->"
    # no row that a card quotes may look like the end of its part
    part = f"{begin}\n{own.replace(_MARK, '<!-- okinst :').strip()}\n{end}"
    start = text.find(begin)
    stop = text.find(end, start)
    if start >= 0 and stop >= 0:
        return f"{text[:start]}{part}{text[stop + len(end) :]}"
    before = text.strip()
    return f"{before}\n\n{part}\n" if before else f"{part}\n"
