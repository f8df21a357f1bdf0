"""Chinese instruction sources, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.chinese_instructions.alpaca_gpt4_zh import AlpacaGPT4Zh
from okinst.chinese_instructions.alpaca_zh_carbonz0 import AlpacaZhCarbonz0
from okinst.chinese_instructions.alpaca_zh_hikariming import AlpacaZhHikariming
from okinst.chinese_instructions.alpaca_zh_hikariming_extra import AlpacaZhHikarimingExtra
from okinst.chinese_instructions.alpaca_zh_luotuo import AlpacaZhLuotuo
from okinst.chinese_instructions.belle_0_5m import BELLE05M
from okinst.chinese_instructions.belle_1m import BELLE1M
from okinst.chinese_instructions.belle_2m import BELLE2M
from okinst.chinese_instructions.belle_generated_chat import BELLEGeneratedChat
from okinst.chinese_instructions.belle_multiturn import BELLEMultiturn
from okinst.chinese_instructions.belle_school_math import BELLESchoolMath
from okinst.chinese_instructions.belle_seed import BELLESeed
from okinst.chinese_instructions.gpt4_comparison import GPT4Comparison
from okinst.chinese_instructions.guanaco import Guanaco
from okinst.chinese_instructions.guanaco_chat import GuanacoChat
from okinst.chinese_instructions.openassistant_guanaco import OpenAssistantGuanaco

SOURCES: tuple[type[SourceBuilder], ...] = (
    AlpacaGPT4Zh,
    AlpacaZhCarbonz0,
    AlpacaZhHikariming,
    AlpacaZhHikarimingExtra,
    AlpacaZhLuotuo,
    BELLE05M,
    BELLE1M,
    BELLE2M,
    BELLEGeneratedChat,
    BELLEMultiturn,
    BELLESchoolMath,
    BELLESeed,
    GPT4Comparison,
    Guanaco,
    GuanacoChat,
    OpenAssistantGuanaco,
)
