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
있/없 낮/밤 새벽/저녁 아침/저녁/밤 일출/일몰 봄/가을 봄철/여름철/가을철/겨울철 끓는점/어는점/녹는점 끓는/어는,언 녹는/어는 영상/영하 최댓값/최솟값 극댓값/극솟값 사는/파는 산/판 빌린,빌리/빌려준,빌려주 빌려주/빌려오 주는/받는 준/받은
받는/갚는 환불/교환 동의어,유의어,비슷한말/반의어,반대말 빼/찌 살찌/살빼 대기업/중소기업 월요일/화요일/수요일/목요일/금요일/토요일/일요일 형/누나 누나,언니,오빠,형/동생 형/오빠/언니/누나 아버지,아빠/어머니,엄마 할아버지/할머니
삼촌/이모/고모 아들/딸 남편/아내 신랑/신부 왕/왕비 왕자/공주 총각/처녀 소년/소녀 남학생/여학생 손자/손녀 사위/며느리 시어머니/장모 남동생/여동생 여는/닫는 연/닫은 켜는/끄는 켠/끈 오르/내리 올라/내려 오른/내린 늘리,늘려/줄이,줄여
넣/빼,꺼내 입/벗 신/벗 앉/서 타/내리 자/깨 오/가 오는/가는 온/간 웃/울 이기,이긴/지는,진 얻/잃 찾/잃 배우/가르치 묻/답하 밀/당기 던지/받 만나/헤어지 태어/죽,사망 출생/사망 탄생/사망 결혼/이혼 입학/졸업 입사/퇴사 입원/퇴원
취업,취직/퇴직,실직 출근/퇴근 출발/도착 등교/하교 개학/방학 개업/폐업 가입/탈퇴 로그인/로그아웃 설치/제거 연결/해제 저장/삭제 업로드/다운로드 압축/해제 활성/비활성 전진/후진 가속/감속 팽창/수축 확대/축소 확장/축소 성장/쇠퇴 인상/인하
상행/하행 상류/하류 상반기/하반기 전반/후반 전기/후기 초반/후반 초기/말기 오래/잠시 고온/저온 고열량/저열량 고혈압/저혈압 고기압/저기압 대형/소형 장기/단기 장거리/단거리 다수/소수 강세/약세 호황/불황 흑자/적자 수입/지출 저축/소비
자산/부채 매수/매도 매입/매출 임대인/임차인 채권자/채무자 원고/피고 가해/피해 유죄/무죄 합법/불법 공격/방어 전쟁/평화 승리/패배 이긴/진 부자/가난 도시/농촌 도심/교외 육지/바다 하늘/땅 해/달 태양/달 물/불 남극/북극 남한/북한
동의/반대 찬/반 칭찬/비판,비난 감사/사과 축하/위로 희망/절망 기쁨,기쁜/슬픔,슬픈 행복/불행 낙천/염세 외향/내향 선천/후천 자연/인공 이론/실천 추상/구체 연역/귀납 절대/상대 필연/우연 양성/음성 양극/음극 산성/염기성,알칼리 산화/환원
고체/액체/기체 직렬/병렬 직류/교류 볼록/오목 수평/수직 가로/세로 밑변/높이 둘레/넓이,면적 지름/반지름 분자/분모 몫/나머지 예각/둔각 삼각형/사각형/오각형/육각형 정삼각형/정사각형 약수/배수 미분/적분 평균/중앙값/최빈값
주어/목적어/서술어 명사/동사/형용사/부사 능동문/피동문 긍정문/부정문 평서문/의문문/명령문 자음/모음 서론/본론/결론 채식/육식 초식/육식 국산/외국산 수동/자동 유선/무선 유료/무료 실내/야외 정규직/비정규직 공립/사립 왼손/오른손
화씨/섭씨 낮추/높이,높여 좁히/넓히 데우/식히 더운/추운 더위/추위 건조/습 맑은/흐린 홀/짝 문과/이과 수익/수입 정사면체/정육면체/정팔면체 초등학생/중학생/고등학생/대학생 초등학교/중학교/고등학교/대학교 신입/경력 학부모/학생 환자/의사 판매자/구매자 고용주/근로자
"""
_CHINESE = """
大/小 高/低 多/少 长/短 長/短 快/慢 强/弱 強/弱 轻/重 輕/重 远/近 遠/近 深/浅 深/淺 厚/薄 宽/窄 寬/窄 冷/热 冷/熱 好/坏,差 好/壞 新/旧 新/舊 老/少,新 早/晚 先/后 先/後 前/后 前/後 上/下 左/右 内/外 內/外 里/外 裡/外
男/女 父/母 兄/弟 优/缺,劣 優/缺,劣 利/弊,害 增/减,降 增/減,降 加/减 加/減 乘/除 升/降 涨/跌 漲/跌 正/负,反 正/負 积/消 積/消 主/被,客 买/卖 買/賣 进/出 進/出 入/出 开/关 開/關 始/终 始/終 首/末 有/无 有/無 真/假 对/错 對/錯 是/否
奇/偶 单/双,复 單/雙 阴/阳 陰/陽 东/西/南/北 東/西/南/北 春/夏/秋/冬 同/异 同/異 存/取 因/果 问/答 問/答 胜/败 勝/敗 成/败 易/难 易/難 美/丑 美/醜 贵/贱 盈/亏 盛/衰 古/今 昨/今/明 近/反 他/她/它 夫/妻 爷/奶 爺/奶 爸/妈 爸/媽 哥/姐,弟 姐/妹 叔/姨 儿/女 兒/女 夏/冬 昼/夜 晝/夜 日/夜 早/晚 晨/昏 来/去 來/去 借/还 借/還 胖/瘦 高/矮 干/湿 乾/濕 软/硬 軟/硬 明/暗 亮/暗 动/静 動/靜 虚/实 虛/實 松/紧 鬆/緊
赢/输 贏/輸 赚/赔,亏 賺/賠 穷/富 窮/富 饥/饱 飢/飽 甜/苦,咸,辣 哭/笑 喜/悲,怒 婚/离 推/拉 送/收,接 起/落 升/落 沸/凝 凸/凹 横/竖 橫/豎 左/右 酸/碱 酸/鹼 近义/反义 同义/反义 主动/被动 乐观/悲观 樂觀/悲觀 增加/减轻 通胀/通缩 通货膨胀/通货紧缩
退货/换货 大型/小型 肯定/否定 支持/反对 支持/反對 城市/农村 城市/農村 水果/蔬菜 收入/支出 上午/下午 上传/下载 上傳/下載 登录/退出 出生/去世 毕业/入学 國內/國外 周一/周二/周三/周四/周五/周六/周日 星期一/星期二/星期三/星期四/星期五/星期六/星期日
星期天/星期一 生/死 爱/恨 愛/恨 黑/白 公/私 加密/解密 包括/排除
"""
_ENGLISH = """
high/low large,big/small,little great/small max/min more/less,fewer most/least long/short fast/slow strong/weak heav/light wide/narrow deep/shallow easy,easi/hard,difficult good,better,best/bad,worse,worst
hot/cold old/new,young,recent early,earli/late before/after first/last left/right up/down upper/lower top/bottom front/back inside/outside internal/external north/south/east/west increas/decreas,reduc
add/remov,subtract,delet multipl/divid advantage/disadvantage pro/con pros/cons positive/negative strength/weakness success/fail true/false valid/invalid input/output import/export encrypt/decrypt
encode/decode open/close start,begin/end,stop buy/sell male/female man/woman men/women boy/girl father/mother formal/informal active/passive ascending/descending odd/even singular/plural past/present/future
include/exclude allow/forbid,prevent always/never cause/effect supply/demand domestic/foreign yesterday/today/tomorrow morning/evening spring/summer/autumn,fall/winter
inflation/deflation monday/tuesday/wednesday/thursday/friday/saturday/sunday tcp/udp http/https ftp/sftp ssh/telnet get/post ipv4/ipv6 brother/sister son/daughter husband/wife uncle/aunt king/queen prince/princess he/she his/her him/her
boys/girls day/night sunrise/sunset boil/freez,melt acid/base,alkali solid/liquid/gas horizontal/vertical synonym/antonym vowel/consonant noun/verb/adjective/adverb question/answer teacher/student doctor/patient employer/employee
lend/borrow give/receive,take send/receive arriv/depart,leav enter/exit push/pull win/los gain/los profit/loss asset/liabilit debit/credit income/expense rich/poor expensive/cheap happ/sad,unhapp love/hate war/peace attack/defen
urban/rural land/sea public/private local/global,remote client/server upload/download login,log-in/logout install/uninstall enable/disable connect/disconnect compress/decompress serializ/deserializ mount/unmount lock/unlock
expand/contract,shrink accelerat/decelerat horizontal/vertical clockwise/counterclockwise parent/child mother/son legal/illegal guilty/innocent theor/practic optimis/pessimis introvert/extrovert wet/dry full/empty near/far thick/thin
celsius/fahrenheit miles/kilometers agree/disagree like/dislike can/cannot numerator/denominator mean/median/mode area/perimeter radius/diameter differentiat/integrat sin/cos/tan
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
