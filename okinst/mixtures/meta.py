"""What `load_dataset("okinst", NAME)` builds: the builder of that source or mixture."""

import inspect
import os
from pathlib import Path
from typing import Any

import datasets

from okinst import catalogue
from okinst.builders import SourceBuilder, WrongCall
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder, recipe
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.mixture import CALLERS

#: what a caller may say besides what every builder of datasets takes; a published set has nothing else to choose
MIXTURE_OPTIONS = ("data_dir", *CALLERS)
SOURCE_OPTIONS = ("data_dir", "mirror", "sample", "accept_drift", "raw", "rename", "roles")
BUILDER_OPTIONS = frozenset(inspect.signature(datasets.DatasetBuilder.__init__).parameters)
NAMES: tuple[str, ...] = (*MIXTURES, *catalogue.SOURCES)
#: the name of no set: load_dataset("okinst", "custom", recipe="my.toml")
CUSTOM = "custom"


def builder_class(name: str) -> type[SourceBuilder | MixtureBuilder]:
    """The builder that knows a name. Raises WrongCall, with the three nearest names, where none does."""
    if not isinstance(name, str):
        raise WrongCall(f"the name of a set is text, not {name!r}. All names: okinst list")
    if name in MIXTURES:
        return MixtureBuilder
    if name in catalogue.SOURCES:
        return catalogue.SOURCES[name].builder
    raise catalogue.unknown(name, NAMES)


def builder_for(name: str, *args: Any, **options: Any) -> SourceBuilder | MixtureBuilder:
    """The builder of a name, or of a recipe: a recipe file's name, or CUSTOM with recipe=, a file or a Mixture.

    Raises WrongCall for an option it does not know, or that is not a caller's to set.
    """
    own_recipe = options.pop("recipe", None)
    if own_recipe is None and isinstance(name, str) and recipe.is_recipe(name):
        name, own_recipe = CUSTOM, name
    if name == CUSTOM:
        return _custom(own_recipe, *args, **options)
    if own_recipe is not None:
        raise WrongCall(
            f'{name}: recipe= goes with the name "{CUSTOM}": load_dataset("okinst", "{CUSTOM}", recipe=...).'
        )
    if options.pop("data_files", None) is not None:
        raise WrongCall(f"{name}: okinst knows the files itself; data_dir= says where they are.")
    builder = builder_class(name)
    _check_options(name, options, MIXTURE_OPTIONS if issubclass(builder, MixtureBuilder) else SOURCE_OPTIONS)
    return builder(*args, config_name=name, **options)


def _custom(own: object, *args: Any, **options: Any) -> MixtureBuilder:
    if isinstance(own, str | Path):
        own = recipe.read(Path(own))
    if not isinstance(own, Mixture):
        raise WrongCall(
            f'"{CUSTOM}" needs recipe=, a recipe file or a Mixture, not {own!r}: load_dataset("okinst", "{CUSTOM}", '
            f'recipe="my.toml").'
        )
    if options.pop("data_files", None) is not None:
        raise WrongCall(f"{own.name}: okinst knows the files itself; the recipe names those of your own.")
    _check_options(own.name, options, MIXTURE_OPTIONS)
    return builder_of_mixture(own, *args, **options)


def _check_options(name: str, options: dict[str, Any], own: tuple[str, ...]) -> None:
    if not isinstance(options.get("data_dir"), str | os.PathLike | None):
        raise WrongCall(f"{name}: data_dir = {options['data_dir']!r} should be the name of a folder.")
    for option in options:
        if option not in own and option not in BUILDER_OPTIONS:
            hint = f"{option} is for sources: a mixture has no upstream columns of its own"
            if option not in SOURCE_OPTIONS:
                hint = f"did you mean {catalogue.nearest(option, own)[0]}? There are {', '.join(own)}"
            raise WrongCall(f"{name} has no option {option!r}: {hint}.")


class Okinst(datasets.DatasetBuilder):
    """Every name of okinst. Calling it gives the builder that the name belongs to, never one of this class."""

    BUILDER_CONFIGS = [*MIXTURES.values(), *(entry.variant for entry in catalogue.SOURCES.values())]

    def __new__(cls, *args: Any, config_name: str | None = None, **kwargs: Any) -> Any:
        if config_name is None:
            raise WrongCall(
                f'okinst needs the name of what to load: load_dataset("okinst", NAME), such as {", ".join(MIXTURES)}. '
                f"All names: okinst list, or okinst.names()."
            )
        kwargs.pop("hash", None)
        return builder_for(config_name, *args, **kwargs)

    # datasets takes the first class of a module that is not abstract; these two make this one so.
    def _info(self) -> datasets.DatasetInfo:
        raise NotImplementedError

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        raise NotImplementedError

    def _prepare_split(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    def _get_examples_iterable_for_split(self, split_generator: datasets.SplitGenerator) -> Any:
        raise NotImplementedError
