"""`vault accept-directory`: what this node remembers of the keys gives way to a restored backup."""

from django.core.management.base import CommandError

from portal.accounts.directory_acts import accept_directory
from portal.accounts.key_status import directory_behind
from portal.common.errors import Refusal
from portal.management.keys.status import behind_in_words
from portal.management.terminal import Terminal, agreed, in_words

WARNING = """
接受以后，本机以数据库中的密钥目录为准。只在确知数据库是从可信备份恢复的时候才这样做：
能写数据库的人也可以放回旧目录，让离岗人员手里的旧密钥重新有效。
多台服务器须各自办理一次。
"""


def accept(terminal: Terminal) -> None:
    """Show what would go back to an earlier state and replace the memory once confirmed."""
    behind = directory_behind()
    if behind is not None and not behind:
        terminal.say("数据库中的密钥目录不比本机所记的旧，没有需要接受的。")
        return
    if behind is None:
        terminal.say("本机所记的密钥目录（directory.json）读不出。")
    for line in behind_in_words(behind or ()):
        terminal.say(f"  {line}")
    terminal.say(WARNING)
    if not agreed(terminal, "确认接受，", "接受"):
        raise CommandError("已中止，没有做任何改动。")
    try:
        count = accept_directory()
    except Refusal as refusal:
        raise CommandError(in_words(refusal)) from None
    terminal.say(f"已接受，本机现在记得 {count} 把更新过的密钥。")
    terminal.say("请重启服务，并运行 manage.py vault status 查看须更新的密钥。")
