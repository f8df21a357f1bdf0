"""From what a person names, a source, a published mixture or a recipe, to its builder."""

from typing import Any

from okinst.builders import SourceBuilder
from okinst.mixtures import Mixture, MixtureBuilder
from okinst.mixtures.meta import CUSTOM, builder_for


def builder_of(name_or_recipe: str | Mixture, **options: Any) -> SourceBuilder | MixtureBuilder:
    """The builder of a source, a published mixture, a recipe file, or a mixture that is in no list."""
    if isinstance(name_or_recipe, Mixture):
        return builder_for(CUSTOM, recipe=name_or_recipe, **options)
    return builder_for(name_or_recipe, **options)
