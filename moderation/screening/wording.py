"""The words around organ names: what only looks like one, and what depends on who is addressed."""

import re
from itertools import product

from portal.organs.names import LONG_SUFFIXES, SHORT_SUFFIXES

RELATIVE_KINDS = "市州县区"
"""“市检察院” means the reader's own city; 省 is not here, for an installation has one province."""

RELATIVE_NAMES = {
    kind + suffix: kind for kind, suffix in product(RELATIVE_KINDS, (*LONG_SUFFIXES, *SHORT_SUFFIXES))
}

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

NOT_AN_OFFICE = re.compile(r"[士坝墙校]|落(?![实后马地款入])")
"""What turns a short name that ends in 院 into another word: 省院士, 锦江区院坝, 市院校, 小区院落."""

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

JOINED = re.compile(r"\s*(?:[、，,/和与及或跟同]|以及)+\s*")
"""What lists several places before one office: 锦江区、青羊区检察院."""

SALUTATION_END = re.compile(r"[^\S\n]*[:：]")
