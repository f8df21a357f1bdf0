"""Evaluation sets, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.eval_sets.ai_ethics import AIEthics
from okinst.eval_sets.ai_ethics_dialogues import AIEthicsDialogues
from okinst.eval_sets.hulic import HuLiC
from okinst.eval_sets.kobest_boolq import KoBESTBoolQ
from okinst.eval_sets.kobest_copa import KoBESTCOPA
from okinst.eval_sets.kobest_hellaswag import KoBESTHellaSwag
from okinst.eval_sets.kobest_sentineg import KoBESTSentiNeg
from okinst.eval_sets.kobest_wic import KoBESTWiC
from okinst.eval_sets.opela import OPELA

SOURCES: tuple[type[SourceBuilder], ...] = (
    AIEthics,
    AIEthicsDialogues,
    HuLiC,
    KoBESTBoolQ,
    KoBESTCOPA,
    KoBESTHellaSwag,
    KoBESTSentiNeg,
    KoBESTWiC,
    OPELA,
)
