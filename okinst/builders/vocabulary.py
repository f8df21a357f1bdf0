"""The words that cards, files and rows share: languages, licences, and how a text came to be."""

from typing import Literal

Language = Literal["ko", "zh-Hans", "zh-Hant", "en", "ja", "de", "mul"]
License = Literal[
    "apache-2.0",
    "cc-by-2.0",
    "cc-by-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-2.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "gpl-3.0",
    "mit",
    "odc-by",
    "other",  # terms of its own: license_note has them
    "unstated",
]
Making = Literal[
    "human",  # people wrote it
    "generated",  # a model wrote it
    "human and generated",  # people asked, a model answered
    "human, machine-translated",
    "generated, machine-translated",
    "human and generated, machine-translated",
    "unstated, machine-translated",  # of files whose owner does not say how they were made
]
