"""What the desk tells its people about outcomes, acts and the log, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.triage.models import Outcome, Reason, State
from moderation.triage.transitions import OUTCOMES
from moderation.triage.wording import DECLINED
from portal.accounts.audit_words import ACTIONS
from portal.intake.models import Kind, Status

OUTCOME_HELP: dict[str, str] = {
    Outcome.LEAD: "反映检察人员违纪违法，有可以核查的内容。登入线索台账。",
    Outcome.INVESTIGATION_DEPT: "司法工作人员利用职权侵权、损害司法公正的犯罪线索，七日内移送侦查部门。",
    Outcome.SUPERVISORY_COMMISSION: "其他党员、公职人员的问题，移送纪委监委。",
    Outcome.COMPLAINTS_DEPT: "对案件处理不服的控告、申诉，或者请求诉讼监督。",
    Outcome.SUGGESTION_REPLY: "对检察工作的意见建议。答复时说明采纳、部分采纳或者不采纳的理由。",
    Outcome.INQUIRY_REPLY: "询问法律、程序或者办理进度，直接答复即可。",
    Outcome.OTHER_BODY: "属于公安、法院、行政机关等的职责，转送或者告知去处。",
    Outcome.REPEAT: "同一人就同一事再次反映，没有新内容。原件在本队列的，请改用“并件”。",
    Outcome.ESCALATED: "上级院已经密封提走办理，在此登记结果。涉及本院人员的，请改用“密封径送”。",
    Outcome.CLASSIFIED_MATERIAL: "含国家秘密。停止传阅，转机要部门，不摘录内容。",
    Outcome.NO_SUBSTANCE: "没有可以核实的具体内容。保存来件，自动请来件人补充。",
    Outcome.DECLINED: "依法不能受理。自动发送所选理由的固定说明和去处。",
}
"""When to choose an outcome."""

_USUAL: dict[str, tuple[str, ...]] = {
    Kind.TIP: (
        Outcome.LEAD,
        Outcome.INVESTIGATION_DEPT,
        Outcome.SUPERVISORY_COMMISSION,
        Outcome.COMPLAINTS_DEPT,
        Outcome.OTHER_BODY,
        Outcome.NO_SUBSTANCE,
        Outcome.DECLINED,
    ),
    Kind.SUGGESTION: (
        Outcome.SUGGESTION_REPLY,
        Outcome.INQUIRY_REPLY,
        Outcome.COMPLAINTS_DEPT,
        Outcome.OTHER_BODY,
        Outcome.DECLINED,
    ),
}

STATE_HELP: dict[str, str] = {
    State.HELD: "自动检查认为要由人先看一眼：没有问题就放入队列，垃圾信息可提出作废。",
    State.OPEN: "读完内容，认领，然后分流定性。",
    State.WAITING: "已请来件人补充，期限暂停。来件人补充后自动回到“待分流”，期限从补齐之日重新计算。",
    State.VOID_PROPOSED: "有人提出作废，须由另一人确认；认为不该作废的，放回队列即可。",
    State.VOID: "已作废，不在队列中显示。内容仍然保存，发现有误可以恢复。",
    State.DECIDED: "已经定性。有新证据、异议或者定性有误的，可以重新打开。",
}

DONE: dict[str, str] = {
    "claim": "已认领",
    "release": "已放回，其他人可以认领",
    "take_over": "已接管",
    "open": "已放入队列，待分流",
    "void": "已记录作废意见",
    "decide": "已分流",
    "ask": "已请来件人补充，期限暂停",
    "reply": "答复已发出，来件人凭回执可以看到",
    "merge": "已并件",
    "unmerge": "已撤销并件，待分流",
    "refer": "已转往所选检察院，本院不再能打开此件",
    "lift": "已密封送往有权处理的检察院，本院不再能打开此件",
    "carry_over": "此前的内容已移交现受理院，分流人员可以打开了",
}
"""What is said after an act."""


@dataclass(frozen=True)
class OutcomeChoice:
    """One outcome as the form shows it: when to choose it, and the word the reporter will see."""

    value: str
    label: str
    help: str
    status: str


@dataclass(frozen=True)
class ReasonChoice:
    """One reason for declining, with the fixed words it sends."""

    value: str
    label: str
    words: str


def outcome_choices(kind: str) -> tuple[Sequence[OutcomeChoice], Sequence[OutcomeChoice]]:
    """The outcomes usual for this kind of report, and all the others."""
    usual = _USUAL[kind]
    others = [value for value in Outcome.values if value not in usual]
    return [_outcome(value) for value in usual], [_outcome(value) for value in others]


def reason_choices() -> list[ReasonChoice]:
    """The nine reasons."""
    return [ReasonChoice(one.value, str(one.label), DECLINED[one.value]) for one in Reason]


def said_done(act: str, detail: Mapping[str, object]) -> str:
    """An entry of an item's log in plain words; `act` is its action, `detail` its closed words."""
    words = ACTIONS.get(act, act)
    if act == "item_decide":
        words = f"{words}：{Outcome(str(detail['outcome'])).label}"
        if detail.get("reason"):
            words += f"（{Reason(str(detail['reason'])).label}）"
    elif act == "item_reply" and detail.get("final"):
        words += "（办理结果）"
    return words


def _outcome(value: str) -> OutcomeChoice:
    status = Status(OUTCOMES[value].status).label
    return OutcomeChoice(value, str(Outcome(value).label), OUTCOME_HELP[value], str(status))
