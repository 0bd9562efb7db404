"""What the background worker does by the clock; part of the reference data, so that it is planned once."""

import datetime as dt

from django_q.models import Schedule

_PLANNED = {
    "portal.accounts.tasks.destroy_node_keys": (Schedule.HOURLY, "销毁过期节点密钥"),
    "portal.accounts.tasks.clear_sessions": (Schedule.HOURLY, "清理过期会话"),
}


def plan_housekeeping(*, now: dt.datetime) -> list[str]:
    """Plan what is not planned yet; returns a line per addition."""
    lines = []
    for function, (rhythm, name) in _PLANNED.items():
        _, made = Schedule.objects.get_or_create(
            func=function, defaults={"name": name, "schedule_type": rhythm, "next_run": now}
        )
        if made:
            lines.append(f"定时任务：{name}")
    return lines
