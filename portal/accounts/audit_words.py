"""The log in plain words. Every floor writes into it and this one shows it, so its words are kept here."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.accounts.factor_models import Factor
from portal.accounts.models import ROLE_LABELS
from portal.audit.actions import KEYHOLDERS, PUBLIC, SYSTEM
from portal.audit.models import AuditEntry

ACTORS = {PUBLIC: "来件人", SYSTEM: "系统", KEYHOLDERS: "根密钥持有人"}
"""Who did it, where it was nobody with an account."""

ACTIONS: dict[str, str] = {
    "signed_in": "登录",
    "session_unlocked": "解锁",
    "signed_out": "退出登录",
    "sessions_ended": "结束登录",
    "passphrase_changed": "更换口令",
    "factor_added": "登记第二重验证",
    "factor_removed": "移除第二重验证",
    "second_factor_failed": "第二重验证失败",
    "factor_counter_back": "安全密钥计数倒退（可能被复制），已拒绝",
    "staff_invited": "开立账号",
    "staff_joined": "设定口令",
    "roles_set": "设定岗位",
    "account_closed": "停用账号",
    "key_granted": "授予密钥",
    "namesake_confirmed": "确认同名",
    "key_reset_allowed": "允许重设密钥",
    "key_renewed": "更新单位密钥",
    "key_handed_on": "移交旧密钥",
    "first_account_opened": "在服务器上开立首个账号",
    "house_founded": "密钥仪式：建立根密钥和各机关密钥",
    "card_replaced": "更换根密钥持有人的卡片",
    "directory_accepted": "恢复备份后接受密钥目录",
    "tampering_noticed": "发现数据被改动",
    "organ_added": "新设机关",
    "organ_ended": "撤销机关",
    "organ_moved": "改变隶属",
    "organ_named": "增加别名",
    "audit_read": "查看审计日志",
    "audit_heads_exported": "导出链头",
    "purpose_key_made": "更换用途密钥",
    "purpose_key_retired": "销毁旧用途密钥",
    "master_key_changed": "换上新主密钥",
    "master_key_dropped": "停用旧主密钥",
    "report_filed": "提交来件",
    "report_added": "补充",
    "report_rated": "评价",
    "report_withdrawn": "撤回",
    "receipt_changed": "更换回执",
    "queue_read": "查看队列",
    "index_built": "建立索引",
    "item_read": "打开来件",
    "item_claim": "认领",
    "item_release": "放回",
    "item_take_over": "接管",
    "item_open": "放入队列",
    "item_void_propose": "提出作废",
    "item_void": "确认作废",
    "item_decide": "分流",
    "item_ask": "请来件人补充",
    "item_reply": "答复来件人",
    "item_merge": "并入他件",
    "item_merged": "有他件并入",
    "item_unmerge": "撤销并件",
    "item_unmerged": "有并入的件撤出",
    "item_refer": "转出",
    "item_referred": "转入",
    "item_lift": "密封径送",
    "item_lifted": "由下级院密封送来",
    "item_carry_over": "移交此前内容",
    "identity_requested": "申请查阅身份",
    "identity_approved": "批准查阅身份",
    "identity_refused": "不批准查阅身份",
    "identity_opened": "查阅身份",
    "identity_expired": "身份查阅到期",
    "identity_cancelled": "撤销查阅身份的申请",
    "identity_returned": "提前归还身份",
    "identity_withdrawn": "收回身份查阅",
    "identity_closed": "结束查阅身份的申请",
    "identity_carried": "移交身份的保管半",
    "leads_read": "查看线索台账",
    "lead_read": "打开线索",
    "lead_registered": "登记线索",
    "forum_created": "新建活动",
    "forum_read": "打开活动",
    "attendee_added": "登记参会人",
    "utterance_logged": "登记发言",
}
"""What was done."""

OBJECTS: dict[str, str] = {
    "staff": "人员",
    "audit": "日志",
    "node": "节点",
    "report": "来件",
    "queue": "队列",
    "ledger": "台账",
    "lead": "线索",
    "forum": "活动",
    "key": "密钥",
    "grant": "授权",
    "item": "密封内容",
    "organs": "机关目录",
    "organ": "机关",
    "row": "记录",
}
"""What it was done to."""

DETAILS: dict[str, str] = {
    "card": "几号卡片",
    "cards": "到场持有人",
    "channel": "渠道",
    "count": "条数",
    "days": "天数",
    "factor": "验证方式",
    "final": "办理结果",
    "from": "来自",
    "generation": "第几代",
    "into": "并入",
    "kind": "类型",
    "node_key": "用途密钥",
    "outcome": "定性",
    "purpose": "密钥",
    "readers": "此前看过的人员",
    "reason": "理由",
    "repeat": "被并件",
    "report": "来件",
    "roles": "岗位",
    "searched": "使用了搜索",
    "source_class": "来源",
    "to": "转往",
    "version": "版本",
    "why": "原因",
}
"""What else is on record of it."""

_VALUES: dict[str, Mapping[str, str]] = {
    "factor": {**dict(Factor.Kind.choices), **dict(Factor.Label.choices)},
    "kind": {"tip": "举报", "suggestion": "意见建议"},
    "channel": {
        "web": "网站",
        "wechat": "微信",
        "call": "来电",
        "letter": "来信",
        "visit": "来访",
        "email": "电子邮件",
        "forum": "座谈会",
        "referral": "移交",
        "self_check": "自查",
    },
    "outcome": {
        "lead": "问题线索",
        "investigation_dept": "移送侦查部门",
        "supervisory_commission": "移送监察机关",
        "complaints_dept": "控告申诉检察",
        "suggestion_reply": "意见建议",
        "inquiry_reply": "咨询答复",
        "other_body": "转其他机关",
        "repeat": "重复件",
        "escalated": "密封径送",
        "classified_material": "涉密件转机要",
        "no_substance": "无实质内容",
        "declined": "不予受理",
    },
    "source_class": {
        "central_supervision_group": "中央督导组移交",
        "provincial_campaign_office": "省教整办移交",
        "assigned_from_above": "上级交办",
        "other_body": "其他机关移送",
        "public_report": "群众举报",
        "forum": "座谈会",
        "self_check": "自查自纠",
        "organ_check": "本院排查核查",
        "data_matching": "大数据比对",
        "case_review": "案件评查",
        "inspection_audit": "巡视审计",
        "media": "媒体舆情",
    },
    "from": {
        "held": "待审核",
        "open": "待分流",
        "waiting": "待补充",
        "void_proposed": "拟作废",
        "void": "已作废",
        "decided": "已分流",
    },
    "purpose": {
        "root": "根",
        "oversight": "监督",
        "triage": "受理",
        "custody": "身份保管",
        "personal": "个人",
        "keyholder": "根密钥持有人",
    },
    "node_key": {
        "receipt": "回执",
        "lookup": "查找",
        "pepper": "口令",
        "device": "设备",
        "proof": "收件证明",
        "rows": "记录",
        "audit": "审计链头",
    },
    "roles": ROLE_LABELS,
    "why": {
        "cancelled": "申请人撤销",
        "returned": "申请人提前归还",
        "withdrawn": "保管员收回",
        "moved": "来件已转给别的院",
        "left": "申请人不再担任原岗位",
    },
}
"""The words of the closed lists that stand in a detail; what is in none is an id, a name or a number."""


@dataclass(frozen=True)
class Line:
    """One entry as the page shows it."""

    entry: AuditEntry
    actor: str
    action: str
    object: str
    details: tuple[str, ...]


def in_words(entry: AuditEntry) -> Line:
    """An entry in words; of its details only what is so."""
    details = tuple(_detail(name, value) for name, value in entry.detail.items() if value)
    action = ACTIONS.get(entry.action, entry.action)
    actor = ACTORS.get(entry.actor, entry.actor)
    return Line(entry, actor, action, OBJECTS.get(entry.object_kind, entry.object_kind), details)


def _detail(name: str, value: object) -> str:
    label = DETAILS.get(name, name)
    if value is True:
        return label
    words = _VALUES.get(name, {})
    each = [one.strip() for one in str(value).split(",")]
    return f"{label}：{'、'.join(words.get(one, one) for one in each)}"
