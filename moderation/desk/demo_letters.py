"""What the people of the demo write. Nobody and nothing in it is real."""

from dataclasses import dataclass

from portal.intake.content import Content, Identity, Subject
from portal.intake.models import Channel, Kind

CITY, JINJIANG, QINGYANG, PROVINCE, MIANYANG = "510100", "510104", "510105", "510000", "510700"


@dataclass(frozen=True)
class Letter:
    """One filing. With `clerk` it was noted by that clerk for somebody."""

    kind: Kind
    channel: Channel
    organ: str
    content: Content
    identity: Identity | None = None
    clerk: str = ""


def _tip(title: str, text: str, *subjects: Subject, about: bool | None = False, **more: str) -> Content:
    return Content(title=title, text=text, about_organ=about, subjects=subjects, **more)


LETTERS: dict[str, Letter] = {
    "tea_house": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip(
            "检察官助理在茶楼收受当事人亲属现金",
            "今年十月中旬的一个晚上，我陪朋友在城东一家茶楼喝茶，看见邻桌的王某把一个信封推给锦江区检察院的"
            "检察官助理李某。王某的弟弟正因为一起案件被审查起诉。\n\n李某当场数了钱，说“量刑建议的事我来想办法”。"
            "后来王某在亲戚群里说，一共给了两次，一次两万，一次三万。\n\n我可以提供群聊截图，茶楼有监控。",
            Subject(name="李某", organ=JINJIANG, organ_text="锦江区检察院", post="检察官助理"),
            occurred="今年十月中旬，晚上八点左右",
            place="城东某茶楼二楼",
        ),
        identity=Identity(name="演示来件人", phone="13800000000"),
    ),
    "tea_house_again": Letter(
        Kind.TIP,
        Channel.LETTER,
        CITY,
        _tip(
            "反映检察官助理收受现金",
            "领导您好：\n今年十月中旬的一个晚上，我陪朋友在城东一家茶楼喝茶，看见邻桌的王某把一个信封推给锦江区"
            "检察院的检察官助理李某。王某的弟弟正因为一起案件被审查起诉。李某当场数了钱，说“量刑建议的事我来想办法”。",
            Subject(name="李某", organ=JINJIANG, organ_text="锦江区检察院", post="检察官助理"),
            occurred="十月",
        ),
        clerk="clerk",
    ),
    "asked_about_case": Letter(
        Kind.TIP,
        Channel.WECHAT,
        CITY,
        _tip(
            "青羊区院一名副主任多次过问他人办理的案件",
            "青羊区检察院的赵某，不是承办人，却三次到案管窗口打听一起合同诈骗案的进度，还把承办人约出去吃饭，"
            "第二天承办人就同意了变更强制措施。案件当事人逢人就说“青羊那边已经打点好了”。\n"
            "听说类似的事不止一次。请查一查有没有按“三个规定”记录。",
            Subject(name="赵某", organ=QINGYANG, organ_text="青羊区检察院", post="副主任"),
            occurred="九月至十月",
        ),
    ),
    "dinner": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip(
            "办案人员接受律师宴请",
            "周五晚上在城南一家餐馆，锦江区院的两名办案人员和某律师事务所的律师一起吃饭喝酒，账是律师结的，"
            "大概一千八百元。律师代理的案子就在他们手上。我在隔壁包间，看得很清楚。",
            Subject(name="姓名不详，男，四十岁左右", organ=JINJIANG, organ_text="锦江区院"),
            occurred="上上周五晚",
            place="城南某餐馆",
        ),
    ),
    "danger": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip(
            "反映了半年没人管，我不想活了",
            "我反映锦江区检察院某工作人员泄露我的举报信，已经半年了，没有任何回音。对方拿着我的信复印件到我家门口，"
            "恐吓我和孩子，说再告就让我们待不下去。\n\n我实在撑不下去，今晚再没有人给说法，我就不想活了。",
            Subject(name="某工作人员", organ=JINJIANG, organ_text="锦江区检察院"),
            occurred="今年五月至今",
        ),
    ),
    "threat": Letter(
        Kind.TIP,
        Channel.CALL,
        CITY,
        _tip(
            "来电人称证人受到威胁",
            "来电人称：他是一起故意伤害案的证人，被告人家属知道了他的住址，扬言要报复，“让他全家不好过”。"
            "他怀疑住址是青羊区检察院书记员孙某说出去的，孙某和被告人是亲戚。来电人希望保密，并希望有人尽快联系。",
            Subject(name="孙某", organ=QINGYANG, organ_text="青羊区检察院", post="书记员"),
        ),
        clerk="clerk",
    ),
    "vague": Letter(
        Kind.TIP,
        Channel.WECHAT,
        CITY,
        _tip("有人贪污", "你们下面的院有人贪污，大家都知道，查一查就清楚了。"),
    ),
    "spam": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip("专业办理各类票据", "正规票据，先开后付，量大从优，随时联系，诚信经营，欢迎来电。"),
    ),
    "verdict": Letter(
        Kind.TIP,
        Channel.LETTER,
        CITY,
        _tip(
            "不服一审判决，请求检察机关抗诉",
            "我因一起民间借贷纠纷，一审判我败诉，我认为法院没有采信我的转账记录。上诉期已过，请求检察机关监督。"
            "附判决书复印件三页（已随信收存）。",
            occurred="今年六月",
        ),
        clerk="clerk",
    ),
    "police": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip(
            "派出所不给立案",
            "我的电动车在小区里被偷，到派出所报案，民警说监控看不清，不给立案，也不给回执。已经一个月了。",
        ),
    ),
    "loan": Letter(
        Kind.TIP,
        Channel.WECHAT,
        CITY,
        _tip("朋友借钱不还", "朋友两年前向我借了八万元，有借条，现在电话不接。请你们帮我把钱要回来。"),
    ),
    "counter_hours": Letter(
        Kind.SUGGESTION,
        Channel.WEB,
        CITY,
        _tip(
            "检察服务大厅中午能不能留人",
            "从外县坐车过来，到的时候正好十二点，大厅没有人，只能等到两点。建议中午安排一个人值班，"
            "至少能把材料先收下。好处是外地群众当天能回家。",
        ),
    ),
    "case_lookup": Letter(
        Kind.SUGGESTION,
        Channel.WECHAT,
        CITY,
        _tip(
            "案件进度查询建议加上短信提醒",
            "现在要自己隔几天去网上查一次案件到了哪一步。建议进度有变化的时候发一条短信，不写案情，"
            "只说“您查询的案件有新进展”，老人也能看懂。",
        ),
    ),
    "how_to_ask": Letter(
        Kind.SUGGESTION,
        Channel.CALL,
        CITY,
        _tip(
            "咨询法律援助怎么申请",
            "来电人询问：家里老人被电信诈骗，案件已经到检察院，想知道被害人能不能申请法律援助，要带什么材料。",
        ),
        clerk="clerk",
    ),
    "moved_up": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip(
            "执行监督案件拖了一年",
            "我申请执行监督已经一年，锦江区院的承办人刘某每次都说“快了”。我怀疑他和被执行人认识。",
            Subject(name="刘某", organ=JINJIANG, organ_text="锦江区检察院", post="检察官"),
        ),
    ),
    "about_city": Letter(
        Kind.TIP,
        Channel.WEB,
        CITY,
        _tip(
            "反映市院一名处长违规经商",
            "市院的陈某长期以亲属名义经营一家物业公司，承接辖区内几家单位的保洁业务，工作日经常在公司办公。",
            Subject(name="陈某", organ=CITY, organ_text="成都市检察院", post="处长"),
            about=True,
            occurred="近三年",
        ),
    ),
    "about_mianyang": Letter(
        Kind.TIP,
        Channel.LETTER,
        PROVINCE,
        _tip(
            "反映绵阳市院干警用公车办私事",
            "绵阳市检察院的一辆公务车，连续三个周末停在某农家乐门口，车上下来的是干警周某一家人。附照片四张（随信收存）。",
            Subject(name="周某", organ=MIANYANG, organ_text="绵阳市检察院"),
            occurred="十一月",
        ),
        clerk="clerk-province",
    ),
    "about_province": Letter(
        Kind.TIP,
        Channel.WEB,
        PROVINCE,
        _tip(
            "反映省院一名工作人员",
            "省院某处工作人员吴某，利用职务便利为亲属的工程打招呼。具体项目和时间我可以当面说。",
            Subject(name="吴某", organ=PROVINCE, organ_text="四川省检察院"),
            about=True,
        ),
    ),
    "school_talk": Letter(
        Kind.SUGGESTION,
        Channel.WEB,
        JINJIANG,
        _tip(
            "希望多到学校讲防诈骗课",
            "上次检察官来学校讲的课孩子很喜欢。建议每学期一次，内容加上游戏充值、出借银行卡这些，孩子们真的遇得到。",
        ),
    ),
    "school_road": Letter(
        Kind.SUGGESTION,
        Channel.WECHAT,
        JINJIANG,
        _tip(
            "学校门口占道经营影响安全",
            "学校门口每天放学都被摊贩占满，孩子只能走机动车道。听说检察院可以提公益诉讼的检察建议，希望管一管。",
            place="城东某小学门口",
        ),
    ),
}

SAID = (
    ("听证会的通知能不能提前三天以上？上次前一天才通知，准备不充分。", 1),
    ("建议把典型案例做成一页纸的图，发到社区的微信群里，比开会念稿子管用。", 2),
    ("请检察院多关注快递小哥的工伤和欠薪问题，可以和工会一起做支持起诉。", None),
)
"""What is said at the demo's forum, and the place of who said it."""
