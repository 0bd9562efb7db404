"""The seven public status words: what each means and what comes next, in plain words."""

import datetime as dt
from dataclasses import dataclass

from portal.intake.models import Status
from portal.intake.queries import Thread


@dataclass(frozen=True)
class StatusText:
    """How a status is shown. `due` is the promise a date belongs to; empty where none is given."""

    tone: str
    meaning: str
    due: str


STATUS_TEXTS = {
    Status.SUBMITTED: StatusText(
        "blue",
        "检察院已经收到，正在审查该由谁办理。",
        "前作出程序性答复，告诉您是否受理、或者转到哪里",
    ),
    Status.SUPPLEMENT_NEEDED: StatusText(
        "careful",
        "还缺一些材料，请看下面的提问并作出回答。期限从材料补齐之日起重新计算。",
        "",
    ),
    Status.ACCEPTED: StatusText("blue", "检察院已经受理，接下来进入办理。", "前答复办理进展或者结果"),
    Status.REFERRED: StatusText("blue", "这件事依法由其他机关办理，材料已经转过去。", "前告知有关情况"),
    Status.IN_PROGRESS: StatusText("blue", "正在办理。", "前答复办理进展或者结果"),
    Status.ANSWERED: StatusText(
        "good", "检察院已经答复，请看下面。您可以评价；有新的情况，仍然可以继续补充。", ""
    ),
    Status.DECLINED: StatusText(
        "careful", "这件事检察院不予受理。原因和可以去哪里反映，写在下面的答复里。", ""
    ),
}


@dataclass(frozen=True)
class StatusView:
    """A status ready to be shown."""

    word: str
    tone: str
    meaning: str
    due: dt.date | None
    due_text: str
    overdue: bool


def status_view(thread: Thread, today: dt.date) -> StatusView:
    """How this thread's status is shown today."""
    text = STATUS_TEXTS[Status(thread.status)]
    due = thread.reply_due if text.due and not thread.withdrawn else None
    return StatusView(
        word=str(Status(thread.status).label),
        tone=text.tone,
        meaning=text.meaning,
        due=due,
        due_text=text.due,
        overdue=due is not None and due < today,
    )
