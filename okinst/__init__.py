"""okinst: open Korean and Chinese instruction sets and Korean evaluation sets, one builder each, one schema for all.

import okinst                                   # makes the name "okinst" known to datasets
from datasets import load_dataset
load_dataset("okinst", "koalpaca-v1.1")         # a source
load_dataset("okinst", "aulm-0809")             # a mixture
load_dataset("okinst", "custom", recipe="my.toml")    # one of your own
"""

from typing import TYPE_CHECKING, Any

from okinst.registration import register
from okinst.version import VERSION as __version__

if TYPE_CHECKING:
    from pathlib import Path

    import datasets

    from okinst.publishing.hub import Pushed

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


def push(
    folder_or_dataset: "str | Path | datasets.Dataset | datasets.DatasetDict",
    repo_id: str,
    *,
    private: bool = False,
    config: str | None = None,
    token: str | None = None,
    revision: str | None = None,
    card_language: str | None = None,
    i_have_the_rights: bool = False,
    with_dropped: bool = False,
    message: str | None = None,
    endpoint: str | None = None,
    dry_run: bool = False,
) -> "Pushed":
    """Push a built folder, a Dataset or a DatasetDict to the Hub in one commit, and give back what was done.

    `config` is the name the set gets there, `revision` a branch. A public push of rows that nobody has permitted to pass on raises
    LicenceRefused; `okinst.publishing.hub.push` says the rest.
    """
    from okinst.publishing import hub

    return hub.push(
        folder_or_dataset, repo_id, private=private, config=config, token=token, revision=revision, card_language=card_language,
        i_have_the_rights=i_have_the_rights, with_dropped=with_dropped, message=message, endpoint=endpoint, dry_run=dry_run,
    )  # fmt: skip
