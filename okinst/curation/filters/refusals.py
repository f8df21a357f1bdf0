"""Answers in which the model speaks of itself, and answers that decline.

A question about language models, or about refusing, is neither: what counts is how the answer begins a sentence, and in whose
voice. Korean, Chinese in both scripts, English.
"""

import re

#: RE2: what every candidate has
SELF_HINT = "(?i)ai|인공\\s?지능|언어\\s?모델|챗봇|chat ?gpt|人工智能|人工智慧|语言模型|語言模型|机器人|機器人|language model|artificial intelligence|chatbot|助手"
REFUSAL_HINT = (
    "(?i)죄송|유감|양해|어렵|미안|수\\s?(?:가\\s)?없|불가능|못\\s?(?:하|합|해)|모르|모릅"
    "|抱歉|对不起|對不起|不好意思|遗憾|遺憾|无法|無法|不能|没有|沒有|不知道"
    "|sorry|apolog|unfortunately|can(?:no|')t|can’t|unable|not able|don't|don’t|do not|won't|not possible"
)
_START = r"(?:^|[.!?。！？\n]\s*[\"“]?|죄송(?:합니다|하지만|하게도|스럽지만)[,.]?\s*|미안하지만[,.]?\s*|抱歉[，,]\s*|对不起[，,]\s*|對不起[，,]\s*)"
_KO_IS = r"(?:로서|으로서|로써|으로써|이므로|므로|이기\s?때문|기\s?때문|이라서|라서|이라\s|라\s|입니다|이며|이고|일\s?뿐|이에요|예요|이야|인\s저|인데|이지만|지만|이니까)"
_KO_WHAT = r"(?:AI|A\.I\.|인공\s?지능|언어\s?모델|챗봇|챗GPT|ChatGPT|GPT(?:-\d)?|대화형\s?모델|AI\s?비서)"
SELF = re.compile(
    rf"""{_START}(?:
      (?:저는|저희는|전|제가|나는|난|저\s?또한|저도)\s[^.!?\n]{{0,25}}?{_KO_WHAT}(?:\s?(?:언어|모델|챗봇|시스템|비서|도우미|어시스턴트|프로그램|기반)){{0,4}}{_KO_IS}
    | (?:(?:대규모|대형|거대|일개|단순한|하나의|학습된|텍스트|기반|자연어)\s){{0,3}}{_KO_WHAT}(?:\s?(?:언어|모델|챗봇|시스템|비서|도우미|어시스턴트|프로그램|기반)){{0,4}}(?:로서|으로서|로써|으로써|이기\s?때문에|이므로|이라서|이라)[,\s]{{1,2}}(?:저|제|나는|난|[^.!?\n]{{0,40}}(?:수\s?없|못|않|없습니다|어렵))
    | (?:由于|由於|因为|因為|鉴于)?(?:作为|作為|身为|身為)(?:一[个個名款种種位只台]|您的|你的)?[^，。,.！？\n]{{0,12}}(?:人工智能|人工智慧|语言模型|語言模型|AI|ChatGPT|机器人|機器人|智能助手|虚拟助手|虛擬助手|聊天机器人|计算机程序)[^，。！？\n]{{0,10}}[，,\s]{{0,2}}(?:我|本|很抱歉|抱歉|对不起|對不起|并不|並不|无法|無法|没有|沒有|不能)
    | (?:由于|由於|因为|因為|但是|但|不过|不過)?我(?:只|仅|僅|也|并)?(?:是|为|為)(?:一[个個名款种種位只台]|由)?[^，。！？\n]{{0,12}}(?:人工智能(?!领域|领|专|工程|研|公司|的)|人工智慧(?!領|專|工程|研|公司|的)|语言模型|語言模型|AI(?=助手|模型|语言|語言|机|機|程序|系统|[，。,\s])|聊天机器人|聊天機器人|ChatGPT|计算机程序|机器学习模型)
    | As\san?\s(?:\w+\s){{0,3}}?(?:AI|A\.I\.|artificial\sintelligence|language\smodel|chatbot)(?=,|\.|\s(?:language|model|assistant|system|program|chatbot|I\b|developed|created|trained))[^.\n]{{0,60}}
    | (?:I(?:'|’)m|I\sam)\s(?:just\s|only\s|sorry,?\s[^.\n]{{0,20}})?an?\s(?:\w+\s){{0,3}}?(?:AI|artificial\sintelligence|language\smodel|chatbot)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# how far into an answer a refusal may begin, and how long its first sentences are: in characters
HEAD = 200
SELF_HEAD = 1000
_KO_ACT = r"(?:답변|대답|응답|답|설명|추천|안내|작성|번역|요약|분석|예측|생성|확인|처리|수행|말씀|평가|판단|계산|조언|제안|검색|조회)"
_KO_SORRY = r"^(?:안녕하세요[.!,]?\s*)?(?:정말\s|매우\s|대단히\s)?(?:죄송(?:합니다|하지만|하게도|스럽지만|한데|해요)|유감스럽게도|안타깝지만|안타깝게도|미안하지만|미안해요|미안합니다)"
KO_REFUSAL = re.compile(
    rf"""(?:
      {_KO_SORRY}[^\n]{{0,110}}?(?:수\s?(?:가\s)?(?:는\s)?없|어렵|어려울|못\s?(?:하|합|했|할)|불가능|불가하|모르|모릅|적절하지|부적절|않습니다|삼가|자제|피해\s?주|부탁드|부족|없습니다|주시면|주세요|주시겠|주십시오|필요합니다|권장하지)
    | (?<![가-힣])(?:저는|제가|저희는|전|나는)\s[^.!?\n]{{0,80}}?(?:할|드릴|알|볼|답할|제공할|느낄|가질|줄|될|도울|말할|예측할|수행할|지원할|대답할)\s수(?:는|가)?\s?없(?:습니다|어요|네요|으며|기|으므로|지만)
    | {_KO_ACT}(?:을|를|에)?\s?(?:해\s?)?(?:드릴|드리기|드리지|줄)\s?(?:수(?:는|가)?\s?없[습어네으지기]|가?\s?어렵|못)
    | (?:알려|도와|보여|찾아|가르쳐|들려|골라)\s?(?:드릴|줄)\s?수(?:는|가)?\s?없[습어네으지기]
    | (?:입력|정보|문장|내용|자료|문맥|데이터|사진|이미지|텍스트|질문)[^.!?\n]{{0,60}}(?:없|않|부족|못)[^.!?\n]{{0,40}}(?:답변|대답|응답|답|정보|작성|결과)(?:을|를|이|은)?\s?(?:제공|생성|도출)?(?:할|하실|드릴)?\s?수\s?없
    | ^(?:적절한|정확한|올바른|구체적인)?\s?(?:답변|대답|응답)(?:을|를|은|이)?[^.!?\n]{{0,20}}(?:수\s?없|어렵습니다|불가)
    )""",
    re.VERBOSE,
)
_ZH_SORRY = r"^(?:您好|你好|嗨)?[，,！!。\s]{0,2}(?:我)?(?:很|非常|十分|真的|真|实在|實在|深感)?(?:抱歉|对不起|對不起|不好意思|遗憾|遺憾)"
ZH_REFUSAL = re.compile(
    rf"""(?:
      {_ZH_SORRY}[^\n]{{0,60}}?(?:无法|無法|不能|不会|不會|不可|没有|沒有|没能|未提供|并未|並未|未给|未給|不知道|不确定|不確定|不清楚|不明白|不理解|不太|请提供|請提供|请您|請您|需要更多|需要您|不适|不適|缺少|不具备|不支持|未知)
    | ^[^。！？\n]{{0,50}}我(?:目前|暂时|暫時|还|還|并|並|是|也|只|无权|無權)?(?:无法|無法|不能|没有办法|沒有辦法|没办法|沒辦法|没有能力|不会|不會)(?:直接|实时|實時|准确|準確|给|給|为|為|向|在|对|對|够|確定|真正)?[^。！？\n]{{0,12}}?(?:回答|提供|完成|执行|執行|确定|確定|判断|判斷|访问|存取|查看|浏览|看到|看見|预测|預測|协助|協助|评估|評估|识别|識別|辨識|生成|创建|创作|制作|製作|描述|推荐|推薦|获取|取得|给出|給出|体验|感受|拥有|了解|知道|帮助|帮您|为您|为你|為您|為你|理解|翻译|分析|计算|参与)
    | ^(?:我)?(?:无法|無法|不能)(?:回答|提供|完成|确定|確定|判断|判斷|执行|識別|识别|生成|推荐|為|为|给出|預測|预测)[^。\n]{{0,60}}(?:[。！]|$)
    | ^[^。！？\n]{{0,30}}(?:您|你)(?:并|並|还|還)?(?:没有|沒有|未|未能)(?:给|給|提供|指定|附上|告诉|告訴|说明)[^。\n]{{0,40}}
    )""",
    re.VERBOSE,
)
EN_REFUSAL = re.compile(
    r"""^(?:
      (?:(?:I(?:'|’)m|I\sam)\s(?:so\s|very\s|really\s|terribly\s)?sorry|Sorry(?=[,.!]|\s(?:but|I)\b)|My\sapologies|I\sapologi[sz]e|Unfortunately|Regrettably)\b[^\n]{0,80}?\b(?:can(?:'|’)t|cannot|can\snot|unable|not\sable|don(?:'|’)t|do\snot|won(?:'|’)t|isn(?:'|’)t\spossible|not\spossible|didn(?:'|’)t\sprovide|not\sprovided|need\smore)
    | (?:As\san?\s[^,\n]{3,60},\s)?I\s(?:cannot|can(?:'|’)t|can\snot|am\s(?:not\sable|unable)|won(?:'|’)t|do\snot\shave|don(?:'|’)t\shave)\s(?:to\s)?(?:\w+\s){0,2}(?:provide|answer|help|assist|access|comply|fulfil|fulfill|generate|create|give|do|predict|browse|personal|feelings|opinions|preferences|the\sability|real-time|enough|any)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
# an apology that was asked for declines nothing: letters, dialogues, customers
ASKED = re.compile(
    r"사과|변명|핑계|메일|편지|고객|대화|대본|답장|회신|시나리오|거절|연기|이야기|리뷰|불만|번역|문장|메시지|트윗|道歉|借口|藉口|请假|邮件|郵件|信|客户|客戶|顾客|對話|对话|台词|故事|拒绝|拒絕|投诉|翻译|翻譯|句子|apolog|letter|e-?mail|customer|dialog|story|translate|refus",
    re.IGNORECASE,
)


def speaks_of_itself(answer: str, instruction: str = "") -> str | None:
    """Where an answer says that it is a model's, or None.

    >>> speaks_of_itself("저는 AI 언어 모델이기 때문에 날씨를 확인할 수 없습니다.")
    '저는 AI 언어 모델이기 때문'
    >>> speaks_of_itself("作為一個人工智慧語言模型，我沒有喜好。"), speaks_of_itself("As an AI language model, I can't.")
    ('作為一個人工智慧語言模型，我', "As an AI language model, I can't")
    >>> speaks_of_itself("GPT-3는 인공지능 언어 모델입니다.") is speaks_of_itself("人工智能是计算机科学的分支。") is None
    True
    """
    found = SELF.search(answer[:SELF_HEAD])
    return found[0].strip(' .!?。！？\n"“')[:60] if found else None


def refuses(answer: str, instruction: str = "") -> str | None:
    """How an answer declines at its beginning, or None. An apology that the instruction asks for is none.

    >>> refuses("죄송하지만 그 질문에는 답변을 드릴 수 없습니다."), refuses("很抱歉，我无法预测股市的走势。")
    ('죄송하지만 그 질문에는 답변을 드릴 수 없', '很抱歉，我无法')
    >>> refuses("죄송합니다, 제가 늦을 수 없었어요.", "사과 편지를 써 줘.") is refuses("의료인이 아니면 할 수 없는 일입니다.") is None
    True
    """
    head = answer[:HEAD].lstrip(" \"“'\n")
    for pattern in (KO_REFUSAL, ZH_REFUSAL, EN_REFUSAL):
        found = pattern.search(head)
        if found and not ASKED.search(instruction[:2000]):
            return found[0].strip()[:80]
    return None
