"""Evaluation sets, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.eval_sets.ai_ethics import AIEthics
from okinst.eval_sets.ai_ethics_dialogues import AIEthicsDialogues
from okinst.eval_sets.aihub_commonsense import AIHubCommonsense
from okinst.eval_sets.aihub_commonsense_eval import AIHubCommonsenseEval
from okinst.eval_sets.belle_eval import BELLEEval
from okinst.eval_sets.csat_qa import CSATQA
from okinst.eval_sets.haerae import HAERAE
from okinst.eval_sets.haerae_denoising import HAERAEDenoising
from okinst.eval_sets.haerae_v1 import HAERAEv1
from okinst.eval_sets.hulic import HuLiC
from okinst.eval_sets.kobest_boolq import KoBESTBoolQ
from okinst.eval_sets.kobest_copa import KoBESTCOPA
from okinst.eval_sets.kobest_hellaswag import KoBESTHellaSwag
from okinst.eval_sets.kobest_sentineg import KoBESTSentiNeg
from okinst.eval_sets.kobest_wic import KoBESTWiC
from okinst.eval_sets.korquad_1_0 import KorQuAD10
from okinst.eval_sets.korquad_2_1 import KorQuAD21
from okinst.eval_sets.opela import OPELA

SOURCES: tuple[type[SourceBuilder], ...] = (
    AIEthics,
    AIEthicsDialogues,
    AIHubCommonsense,
    AIHubCommonsenseEval,
    BELLEEval,
    CSATQA,
    HAERAE,
    HAERAEDenoising,
    HAERAEv1,
    HuLiC,
    KoBESTBoolQ,
    KoBESTCOPA,
    KoBESTHellaSwag,
    KoBESTSentiNeg,
    KoBESTWiC,
    KorQuAD10,
    KorQuAD21,
    OPELA,
)
