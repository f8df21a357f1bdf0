"""Evaluation sets, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.eval_sets.kobest_boolq import KoBESTBoolQ
from okinst.eval_sets.kobest_copa import KoBESTCOPA
from okinst.eval_sets.kobest_hellaswag import KoBESTHellaSwag
from okinst.eval_sets.kobest_sentineg import KoBESTSentiNeg
from okinst.eval_sets.kobest_wic import KoBESTWiC

SOURCES: tuple[type[SourceBuilder], ...] = (
    KoBESTBoolQ,
    KoBESTCOPA,
    KoBESTHellaSwag,
    KoBESTSentiNeg,
    KoBESTWiC,
)
