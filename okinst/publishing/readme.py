"""One README.md for several sets: each set (a config) has its entry in the YAML head and its own part of the text.

A part stands between two comments that a reader of the page does not see, so that a push replaces its own part and nothing else:
what was written by hand, and the parts of other sets, stay as they are.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from okinst.builders import DamagedFile
from okinst.publishing import yaml_text
from okinst.publishing.card.head import size

CONFIGS, INFOS, SIZES = "configs", "dataset_info", "size_categories"
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
    head, _, text = _parted(readme, whose)
    return head, text


def _parted(readme: str, whose: str) -> tuple[dict[str, Any], str, str]:
    """The YAML head, as it is meant and as it is written, and the text below."""
    readme = readme.removeprefix("\ufeff").replace("\r\n", "\n")
    found = _HEAD.fullmatch(readme.lstrip())
    if not found:
        return {}, "", readme
    written = found[1] or ""
    try:
        head = yaml.safe_load(written) or {}
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
    return head, written, found[2]


def merged(theirs: str, ours: str, config: str, splits: Iterable[str], whose: str = "the repository") -> str:
    """The README.md of a repository with the card of one set put in, or put in anew.

    Of `theirs` stay the other sets and whatever was written by hand, to the byte where it need not change; what an earlier card of
    this set gave to the head, and the new one does not say, goes where no other set may mean it, too. The licence is that of the
    rows: a set's own where it is alone, "other" for sets under several. `ours` is a card of this one set. Merging the same card
    twice changes nothing.
    """
    there, written, text = _parted(theirs, whose)
    card, own_text = parted(ours, f"the card of {config}")
    entries = [dict(each) for each in there.get(CONFIGS) or []]
    others = [each for each in entries if each["config_name"] != config]
    head = dict(there)
    before, given = _given(text, config), dict[str, Any]()
    for key, value in card.items():
        if key not in (*_LICENCE, CONFIGS, INFOS):
            head[key], given[key] = _both(there.get(key), value, before.get(key), alone=not others)
    _put_licence(head, there, card, bool(others))
    entry = {"data_files": [{"split": split, "path": f"{config}/{split}-*.parquet"} for split in splits]}
    head[CONFIGS] = _put(entries, config, entry)
    # what an earlier upload said of this set's columns may be wrong now, and load_dataset would refuse its rows
    known = [each.get("config_name") for each in _infos(there)]
    infos = [each for each in _infos(there) if each.get("config_name") != config]
    at = known.index(config) if config in known else len(infos)
    infos[at:at] = [{"config_name": config} | each | {"config_name": config} for each in _infos(card)[:1]]
    if infos:
        head[INFOS] = infos if len(infos) > 1 else infos[0]
    else:
        head.pop(INFOS, None)
    if SIZES in head and (rows := _rows(head)) is not None:
        head[SIZES] = [size(rows)]
    told = yaml_text.rewritten(written, there, head).strip("\n")
    return f"---\n{told}\n---\n{_with_part(text, own_text, config, given)}"


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


def _put_licence(head: dict[str, Any], there: dict[str, Any], card: dict[str, Any], others: bool) -> None:
    before, licence = ({key: each[key] for key in _LICENCE if key in each} for each in (there, card))
    if not licence:
        return
    if others and licence != before:
        licence = {"license": "other"}  # sets under several licences: each part says its own
    for key in _LICENCE:
        if key in licence:
            head[key] = licence[key]
        else:
            head.pop(key, None)


def _rows(head: dict[str, Any]) -> int | None:
    """The rows of all sets, as dataset_info counts them; None where it does not know some set."""
    counts = {info.get("config_name"): info.get("splits") for info in _infos(head)}
    total = 0
    for entry in head[CONFIGS]:
        for split in counts.get(entry["config_name"]) or [None]:
            count = split.get("num_examples") if isinstance(split, dict) else None
            if not isinstance(count, int):
                return None
            total += count
    return total


def _both(theirs: Any, ours: Any, given: Any, alone: bool) -> tuple[Any, Any]:
    """What is to stand for a key, and what of it this card gives.

    `given` is what the earlier card gave: it was not there before, so it may go where this set is alone. Of several words all
    stay that others wrote; of what is one word, the one that was there.

    >>> _both(["en", "ko"], ["zh"], ["ko"], alone=True), _both(["en", "ko"], ["zh"], ["ko"], alone=False)
    ((['en', 'zh'], ['zh']), (['en', 'ko', 'zh'], ['ko', 'zh']))
    >>> _both("Ours", "a-set", None, alone=True), _both("a-set", "another", "a-set", alone=True), _both(None, "a", None, alone=True)
    (('Ours', None), ('another', 'another'), ('a', 'a'))
    """
    if not isinstance(theirs, list) and not isinstance(ours, list):
        is_ours = theirs is None or (alone and given == theirs)
        return (ours, ours) if is_ours else (theirs, given)
    there, own, before = map(_words, (theirs, ours, given))
    gone = [each for each in before if alone and each not in own]
    new = [each for each in own if each not in there]
    return (
        [*(each for each in there if each not in gone), *new],
        [*(each for each in before if each not in gone), *(each for each in new if each not in before)],
    )


def _words(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [] if told is None else [told]


def _given(text: str, config: str) -> dict[str, Any]:
    """What the card that is there gave to the head, beyond what was there before it."""
    found = re.search(rf"^{re.escape(_begin(config))}\n{_MARK} gave (.*) -->$", text, re.MULTILINE)
    try:
        told = json.loads(found[1]) if found else {}
    except ValueError:  # changed by hand
        told = {}
    return told if isinstance(told, dict) else {}


def _begin(config: str) -> str:
    return f"{_MARK} {config} -->"


def _with_part(text: str, own: str, config: str, given: dict[str, Any]) -> str:
    begin, end = _begin(config), f"{_MARK} end of {config} -->"
    # a comment ends at the first >
    gave = json.dumps(
        {key: value for key, value in given.items() if value}, ensure_ascii=False, sort_keys=True, default=str
    )
    gave = gave.replace(">", "\\u003e")
    # no row that a card quotes may look like the end of its part
    part = f"{begin}\n{_MARK} gave {gave} -->\n{own.replace(_MARK, '<!-- okinst :').strip()}\n{end}"
    start = text.find(begin)
    stop = text.find(end, start)
    if start >= 0 and stop >= 0:
        return f"{text[:start]}{part}{text[stop + len(end) :]}"
    before = text.strip()
    return f"{before}\n\n{part}\n" if before else f"{part}\n"
