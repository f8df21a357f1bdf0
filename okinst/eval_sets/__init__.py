"""Evaluation sets, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.eval_sets.aihub_commonsense import AIHubCommonsense
from okinst.eval_sets.aihub_commonsense_eval import AIHubCommonsenseEval
from okinst.eval_sets.kobest_boolq import KoBESTBoolQ
from okinst.eval_sets.kobest_copa import KoBESTCOPA
from okinst.eval_sets.kobest_hellaswag import KoBESTHellaSwag
from okinst.eval_sets.kobest_sentineg import KoBESTSentiNeg
from okinst.eval_sets.kobest_wic import KoBESTWiC
from okinst.eval_sets.korquad_1_0 import KorQuAD10
from okinst.eval_sets.korquad_2_1 import KorQuAD21

SOURCES: tuple[type[SourceBuilder], ...] = (
    AIHubCommonsense,
    AIHubCommonsenseEval,
    KoBESTBoolQ,
    KoBESTCOPA,
    KoBESTHellaSwag,
    KoBESTSentiNeg,
    KoBESTWiC,
    KorQuAD10,
    KorQuAD21,
)
