"""Korean instruction sources, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.korean_instructions.evolve_instruct import EvolveInstruct
from okinst.korean_instructions.hrc import HRC
from okinst.korean_instructions.hrc_preference import HRCPreference
from okinst.korean_instructions.ko_lima_vicuna import KoLimaVicuna
from okinst.korean_instructions.koalpaca_v1_0 import KoAlpacaV10
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.kochatgpt_ppo import KoChatGPTPPO
from okinst.korean_instructions.kochatgpt_rm import KoChatGPTRM
from okinst.korean_instructions.kochatgpt_sft import KoChatGPTSFT
from okinst.korean_instructions.kochatgpt_talk import KoChatGPTTalk
from okinst.korean_instructions.koinstruct_qa import KoInstructQA
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko
from okinst.korean_instructions.sharegpt_74k_ko import ShareGPT74kKo
from okinst.korean_instructions.sharegpt_deepl_ko import ShareGPTDeepLKo
from okinst.korean_instructions.vaiv_ppo import VaivPPO
from okinst.korean_instructions.vaiv_rm import VaivRM
from okinst.korean_instructions.vaiv_sft import VaivSFT

SOURCES: tuple[type[SourceBuilder], ...] = (
    EvolveInstruct,
    HRC,
    HRCPreference,
    KoLimaVicuna,
    KoAlpacaV10,
    KoAlpacaV11,
    KoChatGPTPPO,
    KoChatGPTRM,
    KoChatGPTSFT,
    KoChatGPTTalk,
    KoInstructQA,
    KorquadChat,
    KullmV2,
    OIGSmallChip2Ko,
    ShareGPT74kKo,
    ShareGPTDeepLKo,
    VaivPPO,
    VaivRM,
    VaivSFT,
)
