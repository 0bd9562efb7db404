"""What the search index tells somebody who has the database and files reports of their own.

The attacker knows the language (a dictionary, and how common each word is), files up to 200 reports of their
own wording, sees in the dump which rows those became, and reads off which buckets came with which words. Each
dictionary word goes into a set of reports of its own, so that one bucket's reports spell the word. Then they
take a victim's row apart. Needed besides the dump: that staff opened the reports, for only then they are
indexed, and that the victim's report came in the same
week to the same holder. Figures: `python -m tests.security.index_leakage`.
"""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations
from typing import TYPE_CHECKING
from uuid import UUID

import django

if TYPE_CHECKING:
    from portal.vault.index_key import IndexKey

LONGEST_REPORT = 20_000
WORD_CHARACTERS = 3
"""A word of two characters and a full stop that keeps it apart."""
MOST_PLANTED = 12
"""More copies of a word tell the attacker nothing that these do not."""
PLANS = ((2, 6_000), (8, 6_000), (20, 13_000), (50, 30_000), (200, 50_000))
"""Reports filed, and dictionary words planted in them, the commonest ones."""
VICTIM_WORDS, VICTIMS, OTHERS = 150, 200, 1_000
LANGUAGE = 100_000
"""Words a victim may use; the commonest take most of a text, as in any language (Zipf)."""


@dataclass(frozen=True)
class Recovered:
    """The share of the victims' words that were `named`, and the share of the guesses that were `right`."""

    named: float
    right: float


def language(key: "IndexKey", size: int = LANGUAGE) -> list[int]:
    """The bucket of each word, the commonest first."""
    return [next(iter(key.buckets([f"词{rank}"], week=1))) for rank in range(size)]


def texts(count: int, *, size: int = LANGUAGE, seed: int) -> list[set[int]]:
    """People's texts as sets of word ranks, drawn by Zipf's law."""
    chance, made = random.Random(seed), []
    weights = list(accumulate(1 / (rank + 3) for rank in range(size)))
    for _ in range(count):
        one: set[int] = set()
        while len(one) < VICTIM_WORDS:
            one.update(chance.choices(range(size), cum_weights=weights, k=VICTIM_WORDS - len(one)))
        made.append(one)
    return made


def planted(dictionary: int, reports: int) -> list[tuple[int, ...]]:
    """For each dictionary word the reports it goes into, in order: as many as there is room for."""
    chance = random.Random(2)
    room = reports * (LONGEST_REPORT // WORD_CHARACTERS)
    size = max(1, min(MOST_PLANTED, room // dictionary, reports // 2))
    return [tuple(sorted(chance.sample(range(reports), size))) for _ in range(dictionary)]


def filed(plan: Sequence[tuple[int, ...]], reports: int, words: Sequence[int]) -> list[set[int]]:
    """The rows the planted reports become."""
    rows: list[set[int]] = [set() for _ in range(reports)]
    for rank, where in enumerate(plan):
        for number in where:
            rows[number].add(words[rank])
    return rows


def read_off(plan: Sequence[tuple[int, ...]], rows: Sequence[set[int]]) -> dict[int, list[int]]:
    """For each bucket the dictionary words that may be behind it: those whose reports all show it."""
    shown: defaultdict[int, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        for bucket in row:
            shown[bucket].append(number)
    size = min(3, len(plan[0]))
    by_start: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for rank, where in enumerate(plan):
        by_start[where[:size]].append(rank)
    found = {}
    for bucket, numbers in shown.items():
        behind = frozenset(numbers)
        near = (rank for start in combinations(numbers, size) for rank in by_start.get(start, ()))
        found[bucket] = sorted(rank for rank in near if behind.issuperset(plan[rank]))
    return found


def take_apart(
    victims: Sequence[set[int]], words: Sequence[int], known: dict[int, list[int]], *, by_frequency: bool
) -> Recovered:
    """Guess one word for every bucket of a victim's row: the commonest candidate, or any."""
    chance, total, guessed, hits = random.Random(9), 0, 0, 0
    for victim in victims:
        row = {words[rank] for rank in victim}
        behind = [known[bucket] for bucket in sorted(row) if known.get(bucket)]
        guesses = {ranks[0] if by_frequency else chance.choice(ranks) for ranks in behind}
        total, guessed, hits = total + len(victim), guessed + len(guesses), hits + len(guesses & victim)
    return Recovered(hits / total, hits / guessed if guessed else 0.0)


def counted(others: Sequence[set[int]], words: Sequence[int]) -> dict[int, list[int]]:
    """Without filing anything: the buckets ranked by how many rows have them, beside the words by use."""
    counts = Counter(bucket for text in others for bucket in {words[rank] for rank in text})
    return {bucket: [rank] for rank, (bucket, _) in enumerate(counts.most_common())}


def blind(victims: Sequence[set[int]]) -> Recovered:
    """Without looking at anything: everybody uses the commonest words."""
    hits = sum(len(victim & set(range(VICTIM_WORDS))) for victim in victims)
    return Recovered(hits / sum(map(len, victims)), hits / (VICTIM_WORDS * len(victims)))


def main() -> None:
    """The table of docs/security.md."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from portal.vault.index_key import IndexKey  # noqa: PLC0415  needs the settings

    words = language(IndexKey(UUID(int=1), 1, b"\x0b" * 32))
    victims = texts(VICTIMS, seed=1)
    print(f"{VICTIMS} victims of {VICTIM_WORDS} words from a language of {LANGUAGE}")
    print("reports  dictionary  named (guesses right) by frequency   without")
    for reports, dictionary in PLANS:
        plan = planted(dictionary, reports)
        known = read_off(plan, filed(plan, reports, words))
        shares = [take_apart(victims, words, known, by_frequency=use) for use in (True, False)]
        print(f"{reports:7}  {dictionary:10}", *(f"  {s.named:.1%} ({s.right:.1%})" for s in shares))
    alone = take_apart(victims, words, counted(texts(OTHERS, seed=3), words), by_frequency=True)
    guess = blind(victims)
    print(f"no dump, the commonest words guessed: {guess.named:.1%} ({guess.right:.1%})")
    print(f"dump alone, {OTHERS} other rows to count in: {alone.named:.1%} ({alone.right:.1%})")


if __name__ == "__main__":
    main()
