"""Words that ask for a look today: threats, danger to life, crimes under way.

They raise; nothing is ever hidden. Source: 扬言、人身危险、现行犯罪 are reported the same day.
"""

from functools import cache

import ahocorasick

from moderation.screening.folding import fold
from moderation.screening.hits import Hit, longest

ALONE = (
    *("自杀", "轻生", "寻死", "不想活", "活不下去", "活不成", "遗书", "绝笔", "跳楼", "跳河", "跳江"),
    *("割腕", "上吊", "喝农药", "服毒", "自焚", "绝食", "走极端", "豁出去", "扬言", "同归于尽"),
    *("鱼死网破", "报复社会", "爆炸", "炸药", "炸掉", "炸死", "雷管", "汽油弹", "投毒", "杀人"),
    *("杀了他", "砍死", "砍人", "捅死", "持刀", "持枪", "枪支", "绑架", "劫持", "非法拘禁", "追杀"),
    *("灭口", "暗杀", "性侵", "强奸", "家暴", "恐吓", "威胁我", "人身安全", "生命安全", "生命危险"),
    *("救命", "正在打人", "上京", "进京", "去北京上访", "到北京上访", "赴京上访", "集体上访", "拉横幅"),
    *("堵大门", "堵路", "冲击机关", "转移财产", "准备外逃", "潜逃"),
)
"""Words that raise by themselves."""

TIMES = ("今晚", "今夜", "明天", "明早", "马上", "立刻", "最后期限")
PEOPLE = ("孩子", "小孩", "女儿", "儿子", "婴儿", "未成年", "老人", "孕妇")
NEAR = 40
"""A time and a person at risk raise together within so many characters."""

HARMLESS = (
    *("爆炸式", "爆炸性", "信息爆炸", "知识爆炸", "防爆炸", "自杀式", "道德绑架", "救命恩人"),
    *("救命之恩", "扬言论", "进京学习", "进京参会", "进京开会", "进京培训"),
)
"""Longer words that contain one of the above and mean nothing urgent."""

MOST = 20
"""Places reported per text; one is enough to raise it."""


def urgent_spans(text: str) -> list[tuple[int, int]]:
    """Where the text sounds urgent, as positions of the original; at most `MOST`, in order."""
    folded = fold(text)
    hits = longest(
        Hit(last - length + 1, last + 1, meaning)
        for last, (length, meaning) in _automaton().iter(folded.text)
    )
    if not hits:
        return []
    spans = [(hit.start, hit.end) for hit in hits if hit.value == "alone"] + _times_near_people(hits)
    origins = folded.origins()
    return [(origins[start], origins[end - 1] + 1) for start, end in sorted(spans)[:MOST]]


def _times_near_people(hits: list[Hit[str]]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    last: dict[str, Hit[str]] = {}
    for hit in hits:
        other = last.get({"time": "person", "person": "time"}.get(hit.value, ""))
        if other is not None and hit.end - other.start <= NEAR:
            spans.append((other.start, hit.end))
        last[hit.value] = hit
    return spans


@cache
def _automaton() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for words, meaning in ((ALONE, "alone"), (TIMES, "time"), (PEOPLE, "person"), (HARMLESS, "harmless")):
        for word in words:
            folded = fold(word).text
            automaton.add_word(folded, (len(folded), meaning))
    automaton.make_automaton()
    return automaton
