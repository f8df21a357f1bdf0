"""What `load_dataset("okinst", NAME)` builds: the builder of that source or mixture."""

from typing import Any

import datasets

from okinst import catalogue
from okinst.builders import SourceBuilder, WrongCall
from okinst.mixtures import MIXTURES, MixtureBuilder

NAMES: tuple[str, ...] = (*MIXTURES, *catalogue.SOURCES)


def builder_class(name: str) -> type[SourceBuilder | MixtureBuilder]:
    """The builder that knows a name. Raises WrongCall, with the three nearest names, where none does."""
    if name in MIXTURES:
        return MixtureBuilder
    if name in catalogue.SOURCES:
        return catalogue.SOURCES[name].builder
    raise catalogue.unknown(name, NAMES)


class Okinst(datasets.DatasetBuilder):
    """Every name of okinst. Calling it gives the builder that the name belongs to, never one of this class."""

    BUILDER_CONFIGS = [*MIXTURES.values(), *(entry.variant for entry in catalogue.SOURCES.values())]

    def __new__(cls, *args: Any, config_name: str | None = None, **kwargs: Any) -> Any:
        if config_name is None:
            raise WrongCall(
                f'okinst needs the name of what to load: load_dataset("okinst", NAME), such as {", ".join(MIXTURES)}. '
                f"All names: okinst list, or okinst.names()."
            )
        if kwargs.pop("data_files", None) is not None:
            raise WrongCall(f"{config_name}: okinst knows the files itself; data_dir= says where they are.")
        kwargs.pop("hash", None)
        return builder_class(config_name)(*args, config_name=config_name, **kwargs)

    # datasets takes the first class of a module that is not abstract; these two make this one so.
    def _info(self) -> datasets.DatasetInfo:
        raise NotImplementedError

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        raise NotImplementedError

    def _prepare_split(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    def _get_examples_iterable_for_split(self, split_generator: datasets.SplitGenerator) -> Any:
        raise NotImplementedError
