"""What each licence id permits and asks for, as its own text says. Whether upstream had the right to give it is another question."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from okinst.builders import WrongCall
from okinst.catalogue import nearest

#: "unstated": nobody has said yes, so nobody has permitted it
Answer = Literal["yes", "unstated", "no"]
#: from the freest on
ANSWERS: tuple[Answer, ...] = ("yes", "unstated", "no")


def strictest(answers: Iterable[Answer]) -> Answer:
    """The least free of some answers; "yes" for none.

    >>> strictest(["yes", "no", "unstated"]), strictest([])
    ('no', 'yes')
    """
    return max(answers, key=ANSWERS.index, default="yes")


#: licences that ask for the same licence, or one that they name, on what is made of them
ShareAlike = Literal["", "by-sa", "by-nc-sa", "gpl"]

CREATIVE_COMMONS = "https://creativecommons.org/licenses"
_ELEMENTS = {"by": "Attribution", "nc": "NonCommercial", "sa": "ShareAlike", "nd": "NoDerivatives"}
_SHARE_ALIKE: dict[str, ShareAlike] = {"by-sa": "by-sa", "by-nc-sa": "by-nc-sa"}
_VERSIONS = {
    "by": ("2.0", "3.0", "4.0"),
    "by-sa": ("2.0", "3.0", "4.0"),
    "by-nd": ("2.0", "3.0", "4.0"),
    "by-nc": ("2.0", "3.0", "4.0"),
    "by-nc-sa": ("2.0", "3.0", "4.0"),
    "by-nc-nd": ("2.0", "3.0", "4.0"),
}
#: of these the Hub's list of licences has no entry, which on a card makes them "other"
_NOT_ON_THE_HUB = frozenset(("cc-by-sa-2.0", "cc-by-nd-2.0", "cc-by-nd-3.0", "cc-by-nc-nd-2.0"))


@dataclass(frozen=True, kw_only=True)
class Licence:
    """The properties of one licence id."""

    id: str
    name: str
    #: None where SPDX has no id for it
    spdx: str | None
    #: what a card on the Hub calls it
    hub: str
    url: str
    commercial: Answer
    #: whether it may be passed on at all, under its own terms
    redistributable: Answer
    attribution: bool = True
    share_alike: ShareAlike = ""
    no_derivatives: bool = False
    #: for research and nothing else
    research_only: bool = False


def _creative_commons(elements: str, version: str) -> Licence:
    id, parts = f"cc-{elements}-{version}", elements.split("-")
    return Licence(
        id=id,
        name=f"Creative Commons {'-'.join(_ELEMENTS[part] for part in parts)} {version}",
        spdx=f"CC-{elements.upper()}-{version}",
        hub="other" if id in _NOT_ON_THE_HUB else id,
        url=f"{CREATIVE_COMMONS}/{elements}/{version}/",
        commercial="no" if "nc" in parts else "yes",
        redistributable="yes",
        share_alike=_SHARE_ALIKE.get(elements, ""),
        no_derivatives="nd" in parts,
    )


def _free(id: str, name: str, spdx: str, url: str, share_alike: ShareAlike = "", attribution: bool = True) -> Licence:
    return Licence(
        id=id,
        name=name,
        spdx=spdx,
        hub=id,
        url=url,
        commercial="yes",
        redistributable="yes",
        share_alike=share_alike,
        attribution=attribution,
    )


_TABLE = (
    _free("apache-2.0", "Apache License 2.0", "Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    _free("mit", "MIT License", "MIT", "https://opensource.org/license/mit"),
    _free(
        "gpl-3.0",
        "GNU General Public License 3.0",
        "GPL-3.0-only",
        "https://www.gnu.org/licenses/gpl-3.0.html",
        share_alike="gpl",
    ),
    # of the database; it says nothing of what stands in it
    _free(
        "odc-by",
        "Open Data Commons Attribution License 1.0",
        "ODC-By-1.0",
        "https://opendatacommons.org/licenses/by/1-0/",
    ),
    _free(
        "cc0-1.0",
        "Creative Commons Zero 1.0",
        "CC0-1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        attribution=False,
    ),
    *(_creative_commons(elements, version) for elements, versions in _VERSIONS.items() for version in versions),
    Licence(
        id="other",
        name="terms of its own, which the card tells",
        spdx=None,
        hub="other",
        url="https://huggingface.co/docs/hub/repositories-licenses",
        commercial="unstated",
        redistributable="unstated",
    ),
    Licence(
        id="unstated",
        name="no licence was stated",
        spdx=None,
        hub="other",
        url="https://choosealicense.com/no-permission/",
        commercial="unstated",
        redistributable="unstated",
    ),
)

#: by id; every id that a row of okinst can have, and others that a file of one's own may
LICENCES: dict[str, Licence] = {licence.id: licence for licence in _TABLE}
#: ids that name no public licence
UNNAMED = frozenset(("other", "unstated"))


def licence(id: str) -> Licence:
    """The licence of an id, in any case. Raises WrongCall, with the nearest ids, for one that is not known.

    >>> licence("CC-BY-NC-4.0").commercial, licence("unstated").redistributable
    ('no', 'unstated')
    """
    if found := LICENCES.get(id.lower()):
        return found
    raise WrongCall(
        f"okinst knows no licence {id!r}. The nearest are {', '.join(nearest(id, LICENCES))}. For terms of their own write "
        f"other, for none that is stated, unstated."
    )
