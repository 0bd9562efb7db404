"""`vault ceremony`: three keyholders and the first people of the top, at one terminal."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from portal.accounts.founding import Founded, found_house, refuse_founding
from portal.accounts.top_people import (
    ROLES_IN_WORDS,
    Confirmed,
    at_the_door,
    purposes_covered,
    same_fingerprint,
    who_is_missing,
)
from portal.common.errors import NotReady, Refusal
from portal.management.terminal import Terminal, agreed, ask_new_passphrase, in_words
from portal.organs.queries import organ_tree
from portal.vault import cards
from portal.vault.pin import VARIABLE, pin_file

EXPLAINED = """言路密钥仪式
现在为本系统建立根密钥。根密钥为所有机关的密钥作保，本身打不开任何来件。
  1. 三位持有人各得一张卡片（一个文件），各设一个口令。任何两张在一起能打开根密钥，一张不能。
  2. 系统为目录中的每个机关建立监督、受理、身份保管三把密钥。
  3. 最上面的机关（{tops}）没有上级可以放行，
     在场人员须各自登录自己的“待办”页，把页上的密钥指纹读来核对。
根密钥只在本次仪式中存在于内存，不写入任何地方。请确认旁人看不到键盘，屏幕没有录像。
到最后一步之前，随时可以按 Ctrl-C 中止，不留任何痕迹。
"""


def hold_ceremony(terminal: Terminal, *, folder: Path) -> None:
    """Ask everybody, then found the house. Raises `CommandError` with the reason of a refusal."""
    try:
        refuse_founding(folder)
        tree = organ_tree()
        terminal.say(EXPLAINED.format(tops="、".join(tree.node(code).display_name for code in tree.topmost)))
        people = compare_fingerprints(terminal, at_the_door(tree))
        missing = who_is_missing(tree, purposes_covered(people))
        if missing:
            raise CommandError("没有建立任何密钥：" + "；".join(missing) + "。")
        passphrases = _card_passphrases(terminal)
        if not agreed(terminal, "\n三位持有人和在场人员都同意建立根密钥，", "同意"):
            raise CommandError("已中止，没有做任何改动。")
        terminal.say("正在建立密钥……")
        founded = found_house(passphrases=passphrases, folder=folder, people=people)
    except NotReady:
        raise CommandError("节点密钥缺失，请先运行 vault init 和 vault keys。") from None
    except Refusal as refusal:
        raise CommandError(in_words(refusal)) from None
    _tell(terminal, founded)


def compare_fingerprints(terminal: Terminal, people: Sequence[Confirmed]) -> list[Confirmed]:
    """Those who typed the fingerprint that stands on their own page; an empty line leaves somebody out.

    It is typed, not nodded at: the terminal shows what it has only after the digits came from the other side.
    Raises `CommandError` after three wrong ones: somebody has exchanged a key.
    """
    there = []
    for person in people:
        roles = "、".join(ROLES_IN_WORDS[purpose] for purpose in person.purposes)
        staff = person.staff
        terminal.say(f"\n{staff.organ.display_name} {staff.display_name}（{staff.username}）：{roles}")
        if _compared(terminal, person):
            terminal.say(f"  一致：{person.fingerprint}")
            there.append(person)
        else:
            terminal.say("  本次不放行；以后由已有密钥的同事在“授权”页放行。")
    return there


def _compared(terminal: Terminal, person: Confirmed) -> bool:
    for _ in range(3):
        typed = terminal.ask("  请本人照自己“待办”页输入 24 位密钥指纹（今天不在场的直接回车）：")
        if not typed:
            return False
        if same_fingerprint(typed, person):
            return True
        terminal.say(f"  不一致。系统中这个账号的密钥指纹是 {person.fingerprint}")
    raise CommandError(
        f"{person.staff.username} 的指纹三次不符：系统中的密钥不是本人设置的，或者登录的不是这个系统。"
        "没有做任何改动，请先查明。"
    )


def _card_passphrases(terminal: Terminal) -> list[str]:
    terminal.say(
        "\n现在由三位持有人依次设置卡片口令："
        f"至少 {cards.SHORTEST_PASSPHRASE} 个字符，各不相同，不告诉任何人。"
        "\n口令忘记就等于卡片丢失；卡片不经服务器，没有人能重设。"
    )
    chosen: list[str] = []
    for number in cards.NUMBERS:
        others = tuple(chosen)
        chosen.append(
            ask_new_passphrase(
                terminal,
                f"{number} 号持有人的口令",
                lambda phrase, others=others: cards.check_card_passphrase(phrase, others=others),  # type: ignore[misc]
            )
        )
    return chosen


def _tell(terminal: Terminal, founded: Founded) -> None:
    terminal.say(f"\n已建立：根密钥，{founded.keys} 把机关密钥。")
    terminal.say("\n根指纹，请抄在纸上，三位持有人签名后各存一份：\n")
    for line in on_paper(founded.fingerprint):
        terminal.say(f"    {line}")
    if founded.pinned:
        terminal.say(f"\n根指纹已写入 {pin_file()}。")
    else:
        terminal.say(f"\n根指纹由环境变量给出，请设置：\n{VARIABLE}={founded.fingerprint}")
    if not settings.YANLU_EXTERNAL_KEY:
        terminal.say(
            "\n没有配置系统外受理机关的公钥（YANLU_EXTERNAL_KEY）：反映派驻机构的来件密封后，"
            "须两位持有人到场才能打开。"
        )
    terminal.say("\n卡片：")
    for path in founded.cards:
        terminal.say(f"    {path}")
    terminal.say(
        "\n接下来：\n"
        "  1. 三张卡片各复制到一位持有人自己的 U 盘，核对能读出后从本机删除，分处存放。\n"
        "  2. 重启服务（各进程启动时读取根指纹），运行 manage.py ready 和 manage.py vault status。\n"
        "  3. 备份数据库和密钥目录，两者分开存放。"
    )


def on_paper(fingerprint: str) -> list[str]:
    """64 hex digits as people copy them: four lines of four groups of four."""
    groups = [fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)]
    return [" ".join(groups[at : at + 4]) for at in range(0, len(groups), 4)]
