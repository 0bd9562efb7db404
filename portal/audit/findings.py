"""What can be wrong with a chain or its seals, in the words an auditor reads."""

from dataclasses import dataclass

MISSING = "缺少条目"
CHANGED = "条目被改动"
MOVED = "条目次序被调换"
TRUNCATED = "末尾被截断"
APPENDED = "末尾有链头以外的追加"
HEAD_DIFFERS = "链头与末条不符"
HEADLESS = "链头缺失"
CHAIN_MISSING = "审计链缺失"
ROLLED_BACK = "链头被退回到封签之前"
REWRITTEN = "整段被改写"
SEAL_MISSING = "缺少封签"
SEAL_FORGED = "封签系伪造"
SEAL_REPLACED = "封签被换"
SEALING_STOPPED = "此后没有任何封签"
FOREIGN_KEY = "导出文件所用公钥与本系统的不同"


@dataclass(frozen=True)
class Broken:
    """One thing that does not hold: in which organ's chain, from which entry to which, and what.

    `sequence` 0: the chain or a seal as a whole. `organ` empty: the whole house.
    """

    organ: str
    sequence: int
    problem: str
    until: int = 0
    note: str = ""

    def __str__(self) -> str:
        place = f"第{self.sequence}条" if self.sequence else ""
        if self.until > self.sequence > 0:
            place = f"第{self.sequence}至{self.until}条"
        where = " ".join(part for part in (self.organ, place) if part)
        note = f"（{self.note}）" if self.note else ""
        return f"{where}：{self.problem}{note}" if where else f"{self.problem}{note}"
