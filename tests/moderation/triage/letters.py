"""Letters made up for measuring: the usual words around a story of its own, and edited copies of them."""

import random

OPENING = "尊敬的检察院领导：您好！我是一名普通群众，现向检察机关实名反映以下问题，请求依法处理。"
CLOSING = "以上情况句句属实，恳请领导在百忙之中予以重视，依法查处，还群众一个公道。此致敬礼！"
WORDS = " ".join(
    (
        "干警 现金 茶楼 案件 当事人 亲属 打听 承诺 拖延 立案 材料 复印 律师 介绍 费用 转账 微信 红包",
        "酒店 宴请 车辆 私用 加油卡 单位 领导 科长 主任 书记 村民 征地 补偿 合同 公司 股东 工程 招标",
        "投标 材料款 欠薪 工人 保证金 法院 判决 执行 拍卖 房产 过户 登记 窗口 态度 恶劣 辱骂 群众 排队",
        "下班 时间 电话 无人 接听 邮件 回复 三次 走访 邻居 证明 录音 录像 照片 账本 发票 银行 流水",
        "借条 利息 高利贷 担保 抵押 逾期 催收 威胁 家人 孩子 学校 医院 病历 鉴定 伤情 派出所 笔录 撤案",
        "和解 赔偿 数额 不服 申诉 监督 抗诉 意见 答复 期限 超过 半年 年底 春节 端午 国庆 周末 早上",
        "晚上 小区 物业 停车 门卫 监控 商铺 租金 转让 亲戚 同学 战友 老乡 老板 经理 会计 出纳 司机",
        "秘书 保安 厨师 医生 教师 农机 鱼塘 果园 茶山 养殖 饲料 兽药 水库 河道 采砂 矿山 爆破 运输",
        "超载 罚款 收据 盖章 签字 代签 伪造 涂改 隐瞒",
    )
).split()


def letter(chance: random.Random, words: int = 90) -> list[str]:
    """A story as words, so that it can be edited."""
    return [chance.choice(WORDS) for _ in range(words)]


def written(story: list[str]) -> str:
    """The story between the usual words."""
    sentences = ["".join(story[at : at + 9]) + "。" for at in range(0, len(story), 9)]
    return "\n".join((OPENING, *sentences, CLOSING))


def edited(story: list[str], chance: random.Random) -> list[str]:
    """The same story as somebody sends it again: a tenth of the words changed, some cut, some added."""
    kept = [chance.choice(WORDS) if chance.random() < 0.1 else word for word in story]
    cut = chance.randrange(len(kept) - 6)
    return [*kept[:cut], *kept[cut + 6 :], *letter(chance, 8)]
