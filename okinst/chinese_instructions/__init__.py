"""Chinese instruction sources, in alphabetical order."""

from okinst.builders import SourceBuilder
from okinst.chinese_instructions.alpaca_zh_carbonz0 import AlpacaZhCarbonz0

SOURCES: tuple[type[SourceBuilder], ...] = (AlpacaZhCarbonz0,)
