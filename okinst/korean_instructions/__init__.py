"""Korean instruction sources, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.korean_instructions.counselgpt import CounselGPT
from okinst.korean_instructions.counselgpt_talk import CounselGPTTalk
from okinst.korean_instructions.dolly_ko import DollyKo
from okinst.korean_instructions.everythinglm_ko import EverythingLMKo
from okinst.korean_instructions.evolve_instruct import EvolveInstruct
from okinst.korean_instructions.guanaco_ko import GuanacoKo
from okinst.korean_instructions.hh_rlhf_ko import HHRLHFKo
from okinst.korean_instructions.hrc import HRC
from okinst.korean_instructions.hrc_preference import HRCPreference
from okinst.korean_instructions.ko_lima import KoLima
from okinst.korean_instructions.ko_lima_plain import KoLimaPlain
from okinst.korean_instructions.ko_lima_test import KoLimaTest
from okinst.korean_instructions.ko_lima_vicuna import KoLimaVicuna
from okinst.korean_instructions.ko_strategyqa import KoStrategyQA
from okinst.korean_instructions.ko_strategyqa_paragraphs import KoStrategyQAParagraphs
from okinst.korean_instructions.koalpaca_v1_0 import KoAlpacaV10
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.kochatgpt_ppo import KoChatGPTPPO
from okinst.korean_instructions.kochatgpt_rm import KoChatGPTRM
from okinst.korean_instructions.kochatgpt_sft import KoChatGPTSFT
from okinst.korean_instructions.kochatgpt_talk import KoChatGPTTalk
from okinst.korean_instructions.kocot_2000 import KoCoT2000
from okinst.korean_instructions.koinstruct_base import KoInstructBase
from okinst.korean_instructions.koinstruct_qa import KoInstructQA
from okinst.korean_instructions.kopen_platypus import KOpenPlatypus
from okinst.korean_instructions.korean_rlhf import KoreanRLHF
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.kowow import KoWoW
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.namuwiki_alpaca import NamuwikiAlpaca
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko
from okinst.korean_instructions.openorca_gugugo_ko import OpenOrcaGugugoKo
from okinst.korean_instructions.openorca_ko import OpenOrcaKo
from okinst.korean_instructions.sharegpt_74k_ko import ShareGPT74kKo
from okinst.korean_instructions.sharegpt_deepl_ko import ShareGPTDeepLKo
from okinst.korean_instructions.sharegpt_deepl_ko_single import ShareGPTDeepLKoSingle
from okinst.korean_instructions.vaiv_ppo import VaivPPO
from okinst.korean_instructions.vaiv_rm import VaivRM
from okinst.korean_instructions.vaiv_sft import VaivSFT

SOURCES: tuple[type[SourceBuilder], ...] = (
    CounselGPT,
    CounselGPTTalk,
    DollyKo,
    EverythingLMKo,
    EvolveInstruct,
    GuanacoKo,
    HHRLHFKo,
    HRC,
    HRCPreference,
    KoLima,
    KoLimaPlain,
    KoLimaTest,
    KoLimaVicuna,
    KoStrategyQA,
    KoStrategyQAParagraphs,
    KoAlpacaV10,
    KoAlpacaV11,
    KoChatGPTPPO,
    KoChatGPTRM,
    KoChatGPTSFT,
    KoChatGPTTalk,
    KoCoT2000,
    KoInstructBase,
    KoInstructQA,
    KOpenPlatypus,
    KoreanRLHF,
    KorquadChat,
    KoWoW,
    KullmV2,
    NamuwikiAlpaca,
    OIGSmallChip2Ko,
    OpenOrcaGugugoKo,
    OpenOrcaKo,
    ShareGPT74kKo,
    ShareGPTDeepLKo,
    ShareGPTDeepLKoSingle,
    VaivPPO,
    VaivRM,
    VaivSFT,
)
