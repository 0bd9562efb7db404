"""Family names, so that a personal name is found in a text whatever the segmenter makes of it."""

# More than 95 of 100 people. Left out: rare ones that are everyday words as well (时, 成, 明, 万, 向), whose
# names are found as words only.
SURNAMES = frozenset(
    "石白金文安王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚"
    "沈钟姜崔谭陆范汪廖韦贾夏付方邹熊孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵覃武钱戴严莫孔汤温"
    "康施牛樊葛邢齐易乔伍庞颜倪庄聂鲁岳翟申欧耿兰焦俞左柳甘祝包宁舒阮柯纪梅童凌毕霍涂谷盛"
    "曲翁冉骆蓝游辛靳柴蒙鲍华喻祁蒲房滕屈饶牟艾尤阳穆司卓吉缪简芦麦褚娄窦戚岑宫卜晏"
    "席卫柏宗瞿桂佟臧闵苟邬边卞姬师仇栾隋刁沙荣巫寇桑郎甄丛仲虞敖巩佘池查麻苑迟邝匡鞠荆乐冀郁胥"
    "储栗燕楚鄢劳谌奚皮粟冼蔺楼盘闻厉伊裴丘罕尼阿鄂"
)
COMPOUND = frozenset(
    {
        *("欧阳", "司马", "诸葛", "上官", "皇甫", "令狐", "慕容", "尉迟", "夏侯", "东方"),
        *("西门", "公孙", "端木", "百里", "呼延", "长孙", "宇文", "司徒", "南宫", "独孤"),
    }
)


def surname_at(text: str, at: int) -> int:
    """How many characters of a family name stand at this place: 2, 1 or none."""
    if text[at : at + 2] in COMPOUND:
        return 2
    return 1 if text[at : at + 1] in SURNAMES else 0


def name_runs(text: str) -> set[str]:
    """Everything in a run of Chinese characters that could be a name: a family name and one or two more."""
    found: set[str] = set()
    for at in range(len(text) - 1):
        size = surname_at(text, at)
        if size:
            found.update(text[at : at + size + given] for given in (1, 2) if at + size + given <= len(text))
    return found


def needed_runs(text: str) -> set[str]:
    """Of a run of characters searched for: the runs `name_runs` finds in every text that contains it."""
    found: set[str] = set()
    for at in range(len(text) - 1):
        size = surname_at(text, at)
        given = min(2, len(text) - at - size)
        if size and given:
            found.add(text[at : at + size + given])
    return found
