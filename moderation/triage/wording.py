"""The office's fixed words to reporters. Every refusal says where to go instead."""

from moderation.triage.models import Outcome, Reason

DECLINED: dict[str, str] = {
    Reason.N1: (
        "您反映的事项依法应当通过诉讼、仲裁、行政复议等法定程序解决，检察院不能受理。"
        "请向有管辖权的人民法院、仲裁机构或者复议机关提出；需要法律援助可拨打 12348。"
    ),
    Reason.N2: (
        "您反映的事项属于其他机关的职责，检察院不能受理。"
        "违法犯罪报警请拨打 110，反映党员和公职人员问题请拨打 12388，其他政务事项请拨打 12345。"
    ),
    Reason.N3: (
        "您反映的内容没有可以核实的具体情况，目前不能受理。"
        "如能说明时间、地点、涉及的人和事情经过，请凭本回执补充，或拨打 12309、到检察服务中心当面反映。"
    ),
    Reason.N4: (
        "同一事项检察机关已经受理，正在办理，不再重复受理。"
        "办理情况请凭当时的回执查询，或拨打 12309 询问；有新的情况可凭本回执补充。"
    ),
    Reason.N5: (
        "该事项已经办理完毕，这次没有提出新的事实或者证据，不再受理。"
        "如有新的事实或者证据，请凭本回执补充，或拨打 12309、到检察服务中心当面提交。"
    ),
    Reason.N6: (
        "该事项已经依法终结或者复核，不再受理。"
        "如有足以改变原结论的新证据，请向上一级人民检察院的检察服务中心提交，或拨打 12309 咨询。"
    ),
    Reason.N7: (
        "该事项不属于本院管辖，本院已按规定移送，不再受理。"
        "请向有管辖权的人民检察院反映；不清楚由哪个院管辖的，可拨打 12309 询问。"
    ),
    Reason.N8: (
        "您提交的内容无法辨认，不能受理。"
        "请凭本回执重新补充清楚的文字，或拨打 12309 口述，也可以到检察服务中心由工作人员代为登记。"
    ),
    Reason.N9: (
        "同样的内容已经多次提交并得到处理，不再重复受理。"
        "如有新的事实或者证据，请凭本回执补充；对处理结果有异议的，可拨打 12309 或到检察服务中心提出。"
    ),
}
"""The public wording of each reason for declining, and where to go."""

NO_SUBSTANCE = (
    "您反映的情况已经登记保存，但缺少可以核实的具体内容。"
    "请凭本回执补充时间、地点、涉及的人和事情经过；补充后我们会重新处理。"
)

FIXED = frozenset({*DECLINED.values(), NO_SUBSTANCE})
"""All of it. Not indexed: everybody knows which words these are, and nobody looks for them."""


def fixed_words(outcome: str, reason: str) -> tuple[str, bool] | None:
    """What is sent to the reporter with a decision, and whether it is final; `None` for most outcomes."""
    if outcome == Outcome.DECLINED:
        return DECLINED[reason], True
    if outcome == Outcome.NO_SUBSTANCE:
        return NO_SUBSTANCE, False
    return None
