"""Pinyin of place names, right for Sichuan.

Only used when an organ is added or the reference data is checked: the library behind it takes 55 MB, so
what it says is stored with the organ.
"""

# Readings of place names that differ from the characters' usual ones.
_LOCAL_READINGS = {
    "筠连": ("jun", "lian"),
    "荥经": ("ying", "jing"),
    "郫都": ("pi", "du"),
    "什邡": ("shi", "fang"),
    "长宁": ("chang", "ning"),
}


def spell(name: str) -> tuple[str, str]:
    """The name in pinyin without tones or spaces, and the first letters: 锦江区 gives (`jinjiangqu`,
    `jjq`).
    """
    from pypinyin import lazy_pinyin  # noqa: PLC0415  55 MB that no server process needs

    syllables = [lazy_pinyin(character)[0] for character in name]
    whole = lazy_pinyin(name)
    if len(whole) == len(name):
        syllables = whole
    for place, reading in _LOCAL_READINGS.items():
        at = name.find(place)
        if at >= 0:
            syllables[at : at + len(place)] = reading
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)
