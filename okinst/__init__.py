"""okinst: open Korean and Chinese instruction sets and Korean evaluation sets, one builder each, one schema for all.

import okinst                                   # makes the name "okinst" known to datasets
from datasets import load_dataset
load_dataset("okinst", "koalpaca-v1.1")         # a source
load_dataset("okinst", "aulm-0809")             # a mixture
load_dataset("okinst", "custom", recipe="my.toml")    # one of your own
"""

from typing import Any

from okinst.registration import register
from okinst.version import VERSION as __version__

__all__ = ["__version__", "load", "names", "push", "register"]

register()


def load(name: str, **options: Any) -> Any:
    """`datasets.load_dataset("okinst", name, **options)`: the same, one import shorter.

    Options are those of `load_dataset` (`split`, `streaming`, `num_proc`, `data_dir`, `cache_dir`, ...), and okinst's own:
    `mirror="DIR"`, `sample=True`, `raw=True`, `accept_drift=True`, `rename={...}`, `roles={...}`. A name that ends in .toml is a
    recipe file's.
    """
    from datasets import load_dataset

    return load_dataset("okinst", name, **options)


def names() -> tuple[str, ...]:
    """Every name that can be loaded, mixtures first."""
    from okinst.mixtures.meta import NAMES

    return NAMES


def push(folder_or_dataset: Any, repo_id: str, **options: Any) -> Any:
    """Push a built folder, a Dataset or a DatasetDict to the Hub in one commit: `okinst.publishing.hub.push`, which has the options.

    `private=True`, `config="NAME"`, `token`, `revision`, `card_language`, `i_have_the_rights=True`, `dry_run=True`. Gives back what
    was done: `url`, `commit`, `new`, `files`.
    """
    from okinst.publishing.hub import push

    return push(folder_or_dataset, repo_id, **options)
