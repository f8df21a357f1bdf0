"""The card of a built set: README.md, generated from provenance.json and never typed, in English, Korean or Chinese.

| module | what it makes |
|---|---|
| text | the whole card, section by section |
| head | the YAML that the Hub reads |
| licence | what licences add up to, in words |
| measure | what is weak in a set, measured on its rows |
| plots | the pictures |
| writing | all of it into a folder that stands |
| words, words_en, ... | all wording: a key, and a sentence in each language |
| markdown | text from data that is no markup; sections that fit |
"""

from okinst.publishing.card.text import card
from okinst.publishing.card.words import LANGUAGES
from okinst.publishing.card.writing import Told, write

__all__ = ["LANGUAGES", "Told", "card", "write"]
