"""The words around organ names: what only looks like one, and what depends on who is addressed."""

import re
from itertools import chain, product

from portal.organs.names import LONG_SUFFIXES, SHORT_SUFFIXES

RELATIVE_KINDS = "市州县区"
"""“市检察院” means the reader's own city; 省 is not here, for an installation has one province."""

RELATIVE_NAMES = {
    kind + suffix: kind for kind, suffix in product(RELATIVE_KINDS, (*LONG_SUFFIXES, *SHORT_SUFFIXES))
}

_LINKS = ("的", "里的", "那个", "那家", "的那个", "的那家")
_THIS = ("这个", "这家")
LINKED_NAMES = frozenset(map("".join, product((*_LINKS, *_THIS), LONG_SUFFIXES)))
"""What makes an office of the place right before it: 锦江区的检察院, 锦江区那个检察院."""

OWN_RELATIVE_NAMES = {
    whose + kind + linked: kind
    for whose, kind, linked in product(("我", "本", "我们", "咱们"), RELATIVE_KINDS, sorted(LINKED_NAMES))
}
"""The same for the reader's own city or district: 我们区的检察院. Without 我们 it may be any one."""

NOT_LINKED = frozenset({"南部"})
"""Places whose name is a common word: 南部的检察院 may be anybody's in the south."""

_YOURS = ("你", "您", "贵", "本", "你们", "您们")
ADDRESSED_NAMES = frozenset(
    chain(
        map("".join, product((*_YOURS, *_THIS), LONG_SUFFIXES)),
        (whose + SHORT_SUFFIXES[1] for whose in _YOURS),
    )
)
"""The organ written to: 你院, 贵院, 你们检察院, 本院, 这个检察院."""

LAST_NAMED = frozenset(map("".join, product("该", (*LONG_SUFFIXES, SHORT_SUFFIXES[1]))))
"""该院 means the institution named last; with none named before, the organ written to."""

_OTHER_PROVINCES = (
    *("河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南"),
    *("湖北", "湖南", "广东", "海南", "贵州", "云南", "陕西", "甘肃", "青海", "台湾"),
)
_ELSEWHERE = (
    *(f"{name}省" for name in _OTHER_PROVINCES),
    *("北京市", "天津市", "上海市", "重庆市"),
    *("内蒙古自治区", "广西壮族自治区", "西藏自治区", "宁夏回族自治区", "新疆维吾尔自治区", "自治区"),
    *(word + kind for word, kind in product("全各外邻每", "省市州县区")),
)
DECOYS = frozenset(place + suffix for place, suffix in product(_ELSEWHERE, (*LONG_SUFFIXES, *SHORT_SUFFIXES)))
"""Names that contain an organ's name and mean another body, or all of them: 贵州省检察院, 全省检察院."""

NOT_AN_OFFICE = re.compile(r"[士坝墙校]|落(?![实后马地款入])|子(?![女弟])|区(?![别分县])")
"""What turns a short name that ends in 院 into another word: 省院士, 小区院落, 你院子里, 成都锦江院区."""

BEFORE_A_SHORT_RELATIVE = re.compile(
    r"[^\u3400-\u9fff]|[在到向对由被把和与及同跟是让找去给说叫请从为将就经报我该原现任调因据等]"
)
"""What may stand before 市院 or 区院: whatever cannot make it the end of another word, as 小区院, 超市院."""

SWALLOWED_STARTS = {
    "理县": frozenset("办处审受代管整清料治"),
    "高县": frozenset("提最"),
    "荣县": frozenset("繁"),
    "渠县": frozenset("沟"),
}
"""Counties of one character whose name arises across two words: in 办理县检察院的案件 nobody names 理县."""

NO_PRONOUN_AFTER = {
    "贵": frozenset("太最很更昂珍富宝名腾"),
    "本": frozenset("日基成样资课剧书根"),
    "你": frozenset("迷"),
    "该": frozenset("应活早理不"),
}
"""What makes the first character the end of another word: 日本检察院, 费用太贵院方不管, 应该检察院管."""

JOINED = re.compile(r"\s*(?:[、，,/和与及或跟同]|以及)+\s*")
"""What lists several places before one office: 锦江区、青羊区检察院."""

SALUTATION_END = re.compile(r"[^\S\n]*[:：]")
