"""Words that turn a task round where one stands for the other: a small table of what instructions are made of.

Korean words are given up to where their endings begin (높은, 높습니다), English ones up to where theirs do (higher, highest), Chinese
ones by the characters that differ (优点, 缺点). The table is for texts that are otherwise the same: it need not know which sense is meant.
"""

from itertools import combinations

_KOREAN = """
높/낮 크,큰,커,큽/작 많/적 길,긴,깁/짧 넓/좁 깊/얕 빠르,빨,빠른/느리,느린,느립 강하,강한,강점/약하,약한,약점 무거,무겁/가벼,가볍 두꺼,두껍/얇 쉬운,쉽,쉬워/어려,어렵
좋/나쁜,나쁘,나쁩 멀,먼/가까,가깝 뜨거,뜨겁/차가,차갑 덥,더운/춥,추운 밝/어두,어둡 새로,신규,최신/오래된,기존 비싼,비싸/싼,싸,저렴 맞는,맞은,옳/틀린,틀리 같은,같/다른,다르
장점/단점 이점/결점 강점/약점 증가/감소 늘/줄 상승/하락 최대/최소 최고/최저,최악 최초/최후,최근 최선/최악 상한/하한 먼저/나중 처음/마지막,끝 시작/끝,종료 위/아래 상위/하위 앞/뒤 전/후 이전/이후
왼/오른 좌/우 안/밖 내부/외부 국내/국외,해외 남/북 동/서 동쪽/서쪽/남쪽/북쪽 봄/여름/가을/겨울 아침/점심/저녁 남자/여자 남성/여성 아버지/어머니 형/동생 긍정/부정 찬성/반대 성공/실패 원인/결과 질문/대답
입력/출력 암호화/복호화 추가/삭제,제거 더하/빼 곱하/나누 덧셈/뺄셈/곱셈/나눗셈 수입/수출 구매/판매 사/팔 켜/끄 열/닫 올리,올려/내리,내려 들어/나가,나와 오름/내림 오전/오후 과거/현재/미래
어제/오늘/내일 작년/올해/내년 포함/제외 허용/금지 능동/수동 직접/간접 공식/비공식 존댓말/반말 격식/비격식 단수/복수 짝수/홀수 양수/음수 참/거짓 유리/불리 이익/손해,손실 수요/공급 생산/소비 적극/소극 낙관/비관
주관/객관 실내/실외 도시/시골 삶/죽 사랑/미움 친구/적 합격/불합격 가능/불가능 필요/불필요 충분/부족
"""
_CHINESE = """
大/小 高/低 多/少 长/短 長/短 快/慢 强/弱 強/弱 轻/重 輕/重 远/近 遠/近 深/浅 深/淺 厚/薄 宽/窄 寬/窄 冷/热 冷/熱 好/坏,差 好/壞 新/旧 新/舊 老/少,新 早/晚 先/后 先/後 前/后 前/後 上/下 左/右 内/外 內/外 里/外 裡/外
男/女 父/母 兄/弟 优/缺,劣 優/缺,劣 利/弊,害 增/减,降 增/減,降 加/减 加/減 乘/除 升/降 涨/跌 漲/跌 正/负,反 正/負 积/消 積/消 主/被,客 买/卖 買/賣 进/出 進/出 入/出 开/关 開/關 始/终 始/終 首/末 有/无 有/無 真/假 对/错 對/錯 是/否
奇/偶 单/双,复 單/雙 阴/阳 陰/陽 东/西/南/北 東/西/南/北 春/夏/秋/冬 同/异 同/異 存/取 因/果 问/答 問/答 胜/败 勝/敗 成/败 易/难 易/難 美/丑 美/醜 贵/贱 盈/亏 盛/衰 古/今 昨/今/明 生/死 爱/恨 愛/恨 黑/白 公/私 加密/解密 包括/排除
"""
_ENGLISH = """
high/low large,big/small,little great/small max/min more/less,fewer most/least long/short fast/slow strong/weak heav/light wide/narrow deep/shallow easy,easi/hard,difficult good,better,best/bad,worse,worst
hot/cold old/new,young,recent early,earli/late before/after first/last left/right up/down upper/lower top/bottom front/back inside/outside internal/external north/south/east/west increas/decreas,reduc
add/remov,subtract,delet multipl/divid advantage/disadvantage pro/con pros/cons positive/negative strength/weakness success/fail true/false valid/invalid input/output import/export encrypt/decrypt
encode/decode open/close start,begin/end,stop buy/sell male/female man/woman men/women boy/girl father/mother formal/informal active/passive ascending/descending odd/even singular/plural past/present/future
include/exclude allow/forbid,prevent always/never cause/effect supply/demand domestic/foreign yesterday/today/tomorrow morning/evening spring/summer/autumn/winter
"""

_NEGATING = frozenset(("불", "비", "un", "in", "im", "ir", "il", "dis", "non"))


def _pairs(table: str) -> set[tuple[str, str]]:
    pairs = set()
    for entry in table.split():
        for one, other in combinations([side.split(",") for side in entry.split("/")], 2):
            pairs |= {(x, y) for x in one for y in other} | {(y, x) for x in one for y in other}
    return pairs


def _beginnings(pairs: set[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one, other in sorted(pairs):
        found.setdefault(one, []).append(other)
    return {one: tuple(others) for one, others in found.items()}


_SPELT = _beginnings(_pairs(_KOREAN) | _pairs(_ENGLISH))
_HAN = _beginnings(_pairs(_CHINESE))


def are_opposites(one: str, other: str) -> bool:
    """Whether two words, in lower case, mean opposite things, or siblings such as spring and autumn.

    >>> are_opposites("높은", "낮은"), are_opposites("优", "缺"), are_opposites("highest", "lowest"), are_opposites("높은", "놓은")
    (True, True, True, False)
    """
    if any(other.startswith(_SPELT.get(one[:end], ())) for end in range(1, len(one) + 1)):
        return True
    return any(other.startswith(_HAN.get(one[:end], ())) for end in (1, 2))


def negates(one: str, other: str) -> bool:
    """Whether one of two words is the other with a syllable before it that denies it.

    >>> negates("불가능한", "가능한"), negates("formal", "informal"), negates("비용", "용")
    (True, True, False)
    """
    shorter, longer = sorted((one, other), key=len)
    prefix = longer.removesuffix(shorter)
    return prefix in _NEGATING and len(shorter) >= (4 if prefix.isascii() else 2)
