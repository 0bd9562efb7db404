"""`vault status`: how the keys stand, in words a security officer understands."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence

from django.core.management.base import CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError

from portal.accounts.key_status import (
    SHARES,
    Behind,
    HouseState,
    KeyState,
    OrganState,
    hanging_on_one,
    house_state,
)
from portal.accounts.models import Staff
from portal.accounts.top_people import ROLES_IN_WORDS
from portal.common import clock
from portal.management.keys.ceremony import on_paper
from portal.management.terminal import padded, table
from portal.organs.tree import BrokenTree
from portal.vault.certificates import ORGAN_PURPOSES
from portal.vault.models import PurposeKey, VaultKey

Say = Callable[[str], object]
_FEW = 8
"""Lines of one kind on the summary; the rest is a number."""
_ROOT_PROBLEMS = {
    "missing": "尚未建立（manage.py vault ceremony）",
    "unpinned": "没有固定根指纹：密钥都不算有效。请照纸上抄的写入 root.fingerprint 或 YANLU_ROOT_FINGERPRINT",
    "other": "与固定的根指纹不同：密钥都不算有效。请对照纸上抄的指纹查明",
}
_OUTSIDE = {
    "external": "用其自己的公钥密封（YANLU_EXTERNAL_KEY）",
    "root": "没有配置公钥：反映派驻机构的来件，须两位持有人到场才能打开",
}
_ABOUT_MEMORY = "密钥目录比本机所记的旧（恢复过备份？）。确认备份可信后运行 manage.py vault accept-directory"


def show(say: Say, *, organ: str, everything: bool, as_json: bool) -> None:
    """Print the summary, one organ, or everything. Raises `CommandError` for an organ that is not there."""
    try:
        state = house_state()
    except DatabaseError:
        raise CommandError("数据库无法访问，或者尚未迁移") from None
    except BrokenTree as broken:
        raise CommandError(f"机关目录前后矛盾：{broken}") from None
    if organ:
        state = _only(state, organ)
    if as_json:
        say(json.dumps(dataclasses.asdict(state), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        return
    most = 10**6 if everything or organ else _FEW
    lines = [] if organ else _house(state)
    lines += _detail(state.organs[0]) if organ else _organs(state.organs, everything=everything)
    lines += [*_due(state, most), *_waiting(state, most), *_warnings(state, most)]
    for line in lines:
        say(line)


def _only(state: HouseState, organ: str) -> HouseState:
    """The state narrowed to one organ."""
    organs = tuple(one for one in state.organs if one.code == organ)
    if not organs:
        raise CommandError(f"没有机关 {organ}。")
    return dataclasses.replace(
        state,
        organs=organs,
        due=tuple(words for words in state.due if words.startswith(f"{organs[0].name}的")),
        waiting=tuple(one for one in state.waiting if one.organ == organ),
        out_of_reach=tuple(one for one in state.out_of_reach if one.organ == organ),
    )


def _house(state: HouseState) -> list[str]:
    root = state.root
    lines = [
        _row("系统", "演示（密钥人人知道，不得用于实际来件）" if state.demo else "正式"),
        _row("根密钥", _ROOT_PROBLEMS.get(root.problem) or f"{_day(root.made_at)} 建立，与固定的根指纹一致"),
    ]
    if root.fingerprint:
        lines += [
            _row("根指纹" if at == 0 else "", line) for at, line in enumerate(on_paper(root.fingerprint))
        ]
    if state.keyholders:
        people = "  ".join(_keyholder(key) for key in state.keyholders)
        whole = "任何两张卡片可打开根密钥" if state.shares == SHARES else f"份额只有 {state.shares}/{SHARES}"
        lines.append(_row("持有人", f"{people}；{whole}"))
    if state.outside:
        lines.append(_row("系统外机关", _OUTSIDE[state.outside]))
    usable = [one for one in state.purposes if not one.retired]
    kinds = "  ".join(f"{PurposeKey.Purpose(one.purpose).label}{one.version}" for one in usable)
    oldest = min((one.made_at for one in usable), default=None)
    lines.append(_row("节点密钥", f"{kinds}（数字为版本，最早的 {_day(oldest)}）" if usable else "尚未生成"))
    return lines


def _keyholder(key: KeyState) -> str:
    number = key.owner.partition(":")[2]
    return f"{number}号 {_day(key.made_at)}" + ("" if key.vouched else "（未通过校验）")


def _organs(organs: Sequence[OrganState], *, everything: bool) -> list[str]:
    whole = [
        one for one in organs if len(one.keys) == len(ORGAN_PURPOSES) and all(k.vouched for k in one.keys)
    ]
    at_work = [one for one in organs if one.staff]
    care = [one for one in organs if any(k.purpose == "oversight" and k.in_care_of for k in one.keys)]
    lines = [
        "",
        _row("机关", f"{len(organs)} 个，其中三把密钥齐全有效的 {len(whole)} 个"),
        _row("", f"有账号的 {len(at_work)} 个；监督密钥由上级代管的 {len(care)} 个"),
    ]
    shown = organs if everything else at_work[:_FEW]
    head = ["代码", "名称", *(VaultKey.Purpose(purpose).label for purpose in ORGAN_PURPOSES), "账号"]
    rows = [head, *(_organ_row(one) for one in shown)] if shown else []
    lines += table(rows)
    if not everything and len(at_work) > len(shown):
        lines.append(
            f"  另有 {len(at_work) - len(shown)} 个有账号的机关（--all 全部列出，--organ 代码 看详情）"
        )
    return lines


def _organ_row(organ: OrganState) -> list[str]:
    keys = {key.purpose: key for key in organ.keys}
    cells = [_cell(keys.get(purpose)) for purpose in ORGAN_PURPOSES]
    return [organ.code, organ.name, *cells, str(organ.staff)]


def _cell(key: KeyState | None) -> str:
    if key is None:
        return "缺"
    who = f"{key.holders}人" if key.holders or not key.in_care_of else "上级代管"
    return f"第{key.generation}代 {who}" + ("" if key.vouched else " 无效")


def _detail(organ: OrganState) -> list[str]:
    lines = [f"{organ.name}（{organ.code}）：账号 {organ.staff} 个"]
    for purpose in ORGAN_PURPOSES:
        key = next((one for one in organ.keys if one.purpose == purpose), None)
        label = f"{VaultKey.Purpose(purpose).label}密钥"
        lines.append(_row(label, "缺" if key is None else _key_in_words(key), columns=14))
    return lines


def _key_in_words(key: KeyState) -> str:
    """Generation, age, whether it counts, who holds it here and above."""
    days = (clock.now() - key.made_at).days
    vouched = "作保有效" if key.vouched else "未通过校验，不会用它密封"
    held = f"本机关 {key.holders} 人持有（{ROLES_IN_WORDS[key.purpose]}）"
    above = f"；同时存于 {key.in_care_of}" if key.in_care_of else ""
    return (
        f"第 {key.generation} 代，{_day(key.made_at)} 建立（{days} 天）；{vouched}；{held}{above}；"
        f"连同上级现在共 {key.reached} 人能打开"
    )


def _due(state: HouseState, most: int) -> list[str]:
    if state.root.problem == "missing":
        return []
    return _list("须更新的密钥", list(state.due), most)


def _waiting(state: HouseState, most: int) -> list[str]:
    names = {one.code: one.name for one in state.organs}
    words = []
    for one in state.waiting:
        roles = "、".join(ROLES_IN_WORDS[purpose] for purpose in one.purposes)
        step = "等待放行（核对指纹）" if one.joined else "还没有设置口令"
        words.append(
            f"{names.get(one.organ, one.organ)} {one.display_name}（{one.username}）：{roles}，{step}"
        )
    return _list("有岗位而没有密钥的人", words, most)


def _warnings(state: HouseState, most: int) -> list[str]:
    names = {one.code: one.name for one in state.organs}
    lost = [
        f"{names.get(one.organ, one.organ)}的{VaultKey.Purpose(one.purpose).label}密钥第 {one.generation} 代"
        + (f"：已有 {one.items} 项内容打不开" if one.items else "：新来件将打不开")
        for one in state.out_of_reach
    ]
    lines = _list("警告：现在没有人能打开", lost, most)
    lines += _list("警告：有的密钥只有一人能打开，此人离岗则旧来件再也打不开", _single(state, names), most)
    if state.behind is None:
        lines += ["", "警告：本机所记的密钥目录（directory.json）读不出，密钥都不算有效"]
    elif state.behind:
        lines += _list(f"警告：{_ABOUT_MEMORY}", behind_in_words(state.behind), most)
    return lines


def _single(state: HouseState, names: Mapping[str, str]) -> list[str]:
    people = {f"staff:{one.pk}": one for one in Staff.objects.all()}
    words = []
    for owner, keys in hanging_on_one(state.organs).items():
        first, person = keys[0], people.get(owner)
        name = f"{person.display_name}（{person.username}）" if person else owner
        label = f"{names.get(first.owner, first.owner)}的{VaultKey.Purpose(first.purpose).label}密钥"
        words.append(f"{name}：{label}" + (f"等 {len(keys)} 把" if len(keys) > 1 else ""))
    return words


def behind_in_words(behind: Sequence[Behind]) -> list[str]:
    """What the node remembers, and what the database has instead."""
    people = {f"staff:{one.pk}": one.username for one in Staff.objects.all()}
    words = []
    for one in behind:
        owner = people.get(one.owner, one.owner)
        found = f"第 {one.found} 代" if one.found != one.remembered else "同一代的另一把密钥"
        label = VaultKey.Purpose(one.purpose).label
        words.append(f"{owner} 的{label}密钥：本机记得第 {one.remembered} 代，数据库中是{found}")
    return words


def _list(title: str, words: list[str], most: int) -> list[str]:
    if not words:
        return []
    lines = ["", f"{title}（{len(words)}）", *(f"  {one}" for one in words[:most])]
    if len(words) > most:
        lines.append(f"  另有 {len(words) - most} 项（--all 全部列出）")
    return lines


def _row(label: str, text: str, columns: int = 12) -> str:
    return f"{padded(label, columns)}{text}"


def _day(moment: dt.datetime | None) -> str:
    return f"{clock.local_date(moment):%Y-%m-%d}" if moment else "—"
