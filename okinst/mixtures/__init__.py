"""Mixtures: parts of sources put together, published ones and one's own."""

from okinst.mixtures.builder import MixtureBuilder, RecipeBuilder
from okinst.mixtures.mixture import Mixture, Part

#: the published mixtures by name
MIXTURES: dict[str, Mixture] = {mixture.name: mixture for mixture in MixtureBuilder.BUILDER_CONFIGS}

__all__ = ["MIXTURES", "Mixture", "MixtureBuilder", "Part", "RecipeBuilder"]
