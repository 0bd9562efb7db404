"""`vault renew` and `vault replace-card`: what takes two keyholders with their cards."""

from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import CommandError

from portal.accounts.renewal import DueKey, in_words
from portal.accounts.root_acts import (
    OpenedRoot,
    open_with_cards,
    renew_with_root,
    replace_card,
    root_alone_renews,
)
from portal.accounts.top_people import Confirmed, at_the_door
from portal.common.errors import Refusal
from portal.management import terminal as talk
from portal.management.keys.ceremony import compare_fingerprints
from portal.management.terminal import Terminal
from portal.organs.queries import organ_tree
from portal.vault import cards
from portal.vault.models import VaultKey


def renew(
    terminal: Terminal, *, card_files: Sequence[Path], organ: str = "", admit: Sequence[str] = ()
) -> None:
    """Renew what only the root may vouch for, and let people in at the top. Raises `CommandError`."""
    tree = organ_tree()
    if organ and organ not in tree:
        raise CommandError(f"没有机关 {organ}。")
    due = root_alone_renews(tree, [organ] if organ else None)
    named = _named(admit, organ)
    if not due and not named:
        terminal.say("没有须由根密钥办理的事项。")
        return
    for key in due:
        terminal.say(f"  {in_words(tree, key)}")
    try:
        people = compare_fingerprints(terminal, named)
        if len(people) != len(named):
            raise CommandError("有人没有核对指纹，没有做任何改动。")
        root = _open(terminal, card_files)
        done = renew_with_root(root, due=due, people=people)
    except Refusal as refusal:
        raise CommandError(talk.in_words(refusal)) from None
    _tell(terminal, done, people)


def change_card(terminal: Terminal, *, number: int, card_files: Sequence[Path], folder: Path) -> None:
    """A new card for one keyholder. Raises `CommandError`."""
    try:
        cards.refuse_used_folder(folder, (number,))
        root = _open(terminal, card_files)
        passphrase = talk.ask_new_passphrase(
            terminal, f"{number} 号持有人的新口令", cards.check_card_passphrase
        )
        path = replace_card(root, number=number, passphrase=passphrase, folder=folder)
    except Refusal as refusal:
        raise CommandError(talk.in_words(refusal)) from None
    terminal.say(f"新卡片：{path}")
    terminal.say("请复制到持有人自己的 U 盘后从本机删除，并销毁旧卡。旧卡对现在的数据库已经无效；")
    terminal.say("但旧卡连同其口令，加上另一张卡和更换之前的数据库备份，仍能打开根密钥：请一并处置旧备份。")


def _named(usernames: Sequence[str], organ: str) -> list[Confirmed]:
    tree = organ_tree()
    ready = {one.staff.username: one for one in at_the_door(tree)}
    unknown = [name for name in usernames if name not in ready]
    if unknown:
        raise CommandError(
            f"不能放行 {'、'.join(unknown)}：须是最上面的机关的在用账号，岗位已设定，口令已设置。"
        )
    elsewhere = [name for name in usernames if organ and ready[name].staff.organ_id != organ]
    if elsewhere:
        raise CommandError(f"{'、'.join(elsewhere)} 不是 {organ} 的人员。")
    return [ready[name] for name in dict.fromkeys(usernames)]


def _open(terminal: Terminal, card_files: Sequence[Path]) -> OpenedRoot:
    if len(card_files) != 2:
        raise CommandError("须用两张卡片：--cards A --cards B。")
    opened = []
    for path in card_files:
        card = cards.read_card(path)
        passphrase = terminal.ask_secret(f"{card.number} 号持有人的口令：")
        opened.append((card, cards.open_card(card, passphrase)))
    return open_with_cards(opened)


def _tell(terminal: Terminal, done: Sequence[DueKey], people: Sequence[Confirmed]) -> None:
    tree = organ_tree()
    for key in [one for one in done if one.organ in tree.topmost]:
        label = VaultKey.Purpose(key.purpose).label
        terminal.say(f"已更新 {tree.node(key.organ).display_name}的{label}密钥")
    below = sum(1 for one in done if one.organ not in tree.topmost)
    if below:
        terminal.say(f"已随之更新下级机关的 {below} 把密钥")
    for person in people:
        terminal.say(f"已放行 {person.staff.display_name}（{person.staff.username}）")
    terminal.say("此前密封的内容不因此打开：旧密钥仍只在原来持有它的人手里。")
