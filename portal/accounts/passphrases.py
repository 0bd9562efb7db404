"""Which passphrases are good enough. Simple on purpose: it turns away what everybody tries first."""

import re
import unicodedata

from portal.common.errors import Invalid

SHORTEST = 10
"""Characters."""
_LEAST_OF_ONES_OWN = 6
"""What must remain when the common parts are taken away: letters, a Chinese character counting as two."""

_COMMON = (
    *("password", "passw0rd", "p@ssw0rd", "passphrase", "administrator", "admin", "root", "welcome"),
    *("letmein", "iloveyou", "monkey", "dragon", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "asdf"),
    *("zxcvbnm", "zxcvbn", "1qaz2wsx", "qazwsx", "1q2w3e4r5t", "1q2w3e4r", "1q2w3e", "q1w2e3", "abc123"),
    *("woaini", "aini", "woshi", "nihao", "mima", "5201314", "1314520", "520520", "1314", "520", "886"),
    *("yanlu", "jiancha", "jianchayuan", "zhongguo", "china", "sichuan", "chengdu", "12309", "demo"),
    *("密码", "口令", "我爱你", "我爱", "你好", "言路", "检察院", "检察", "中国", "四川", "成都", "管理员"),
)
_WORDS = re.compile("|".join(map(re.escape, sorted(_COMMON, key=len, reverse=True))))
_YEARS = re.compile(r"(?:19|20)\d\d(?:年|(?:0?[1-9]|1[0-2])(?:0?[1-9]|[12]\d|3[01]))?")
_RUN = 4
"""So many characters each one further on than the last, or all the same, are a run."""


def check_passphrase(passphrase: str, *names: str) -> None:
    """Raises `Invalid` where it is too short or too common, or has one of the person's names in it."""
    if len(passphrase) < SHORTEST or len(set(passphrase)) < 5:
        raise _refused(f"口令至少 {SHORTEST} 个字符，且不要过于简单重复。")
    bare = _folded(passphrase)
    if any(len(name) > 1 and name in bare for name in map(_folded, names)):
        raise _refused("口令里不要包含用户名或姓名。")
    rest = _without_runs(_YEARS.sub(" ", _WORDS.sub(" ", bare)))
    if sum(2 if ord(letter) > 0x2E80 else 1 for letter in rest if letter.isalnum()) < _LEAST_OF_ONES_OWN:
        raise _refused("这个口令太常见。请换一句只有您自己会想到的话。")


def _refused(why: str) -> Invalid:
    return Invalid(fields={"passphrase": why})


def _folded(text: str) -> str:
    """As it is compared: full width, capitals and what stands between the letters make no difference."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum() or letter in "@")


def _without_runs(text: str) -> str:
    """The text less `1234`, `dcba`, `aaaa` and the like."""
    kept, at = [], 0
    while at < len(text):
        end = max(_run_end(text, at, step) for step in (-1, 0, 1))
        if end - at >= _RUN:
            at = end
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _run_end(text: str, at: int, step: int) -> int:
    end = at + 1
    while end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
        end += 1
    return end
