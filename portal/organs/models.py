"""Tables of organs, their other names and departments, and of the classifications that change with time."""

from django.db import models
from django.db.models import F, Q

__all__ = [
    "Campaign",
    "Department",
    "Organ",
    "OrganAlias",
    "OrganEdition",
    "OrganMove",
    "Taxonomy",
    "Term",
    "TermLink",
]

KINDS = [
    ("procuratorate", "检察院"),
    ("special_office", "派驻机构"),
    ("outside", "系统外机关"),
]
LEVELS = [
    ("province", "省级院"),
    ("prefecture", "市州院"),
    ("county", "基层院"),
    ("special", "派驻"),
    ("outside", "系统外"),
]


def _in_order(prefix: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
        name=f"{prefix}_dates_in_order",
    )


class Dated(models.Model):
    """Something in force from one day to another, both included; an open end is no limit."""

    valid_from = models.DateField("启用日期", null=True, blank=True)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        abstract = True


class FromFile(models.Model):
    """A row that the shipped reference data governs, until somebody here changes it."""

    from_file = models.BooleanField("随系统数据更新", default=False)

    class Meta:
        abstract = True


class Organ(Dated, FromFile):
    """An organ that can be addressed, named or made responsible.

    The code is its own; shipped organs carry that of their division, others need not have a division at all.
    """

    code = models.CharField("机关代码", max_length=16, primary_key=True)
    name = models.CharField("全称", max_length=60)
    short_name = models.CharField("简称", max_length=30)
    display_name = models.CharField("显示名称", max_length=60)
    kind = models.CharField("类别", max_length=16, choices=KINDS)
    level = models.CharField("层级", max_length=12, choices=LEVELS)
    parent = models.ForeignKey(
        "self",
        verbose_name="上级院",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    division_code = models.CharField("行政区划代码", max_length=12, blank=True)
    division_name = models.CharField("行政区划名称", max_length=40, blank=True)
    pinyin = models.CharField("拼音", max_length=120, blank=True)
    initials = models.CharField("拼音首字母", max_length=40, blank=True)
    renamed_to = models.ForeignKey(
        "self", verbose_name="更名为", on_delete=models.PROTECT, null=True, blank=True, related_name="former"
    )

    class Meta:
        app_label = "portal"
        db_table = "organs_organ"
        verbose_name = verbose_name_plural = "机关"
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="procuratorate", level__in=("province", "prefecture", "county"))
                | Q(kind="special_office", level="special", parent__isnull=True)
                | Q(kind="outside", level="outside", parent__isnull=True),
                name="organs_organ_kind_fits_level_and_parent",
            ),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name="") & ~Q(short_name="") & ~Q(display_name=""),
                name="organs_organ_is_named",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("code")),
                name="organs_organ_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=Q(renamed_to__isnull=True) | ~Q(renamed_to=F("code")),
                name="organs_organ_not_its_own_successor",
            ),
            _in_order("organs_organ"),
        ]

    def __str__(self) -> str:
        return self.display_name


class OrganAlias(FromFile):
    """Another name of an organ, kept by hand where the rules of `names` do not make it. Several may share a
    name.
    """

    organ = models.ForeignKey(Organ, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField("别名", max_length=60)

    class Meta:
        app_label = "portal"
        db_table = "organs_alias"
        verbose_name = verbose_name_plural = "机关别名"
        ordering = ("organ", "name")
        constraints = [
            models.UniqueConstraint(fields=("organ", "name"), name="organs_alias_once"),
            models.CheckConstraint(condition=~Q(name=""), name="organs_alias_is_named"),
        ]

    def __str__(self) -> str:
        return self.name


class OrganMove(models.Model):
    """From a day on an organ stands under another parent; what it held before stays sealed as it is."""

    organ = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="moves")
    parent = models.ForeignKey(Organ, on_delete=models.PROTECT, related_name="+")
    on = models.DateField("自")

    class Meta:
        app_label = "portal"
        db_table = "organs_move"
        verbose_name = verbose_name_plural = "隶属变动"
        ordering = ("organ", "on")
        constraints = [
            models.UniqueConstraint(fields=("organ", "on"), name="organs_move_once_a_day"),
            models.CheckConstraint(condition=~Q(organ=F("parent")), name="organs_move_not_under_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.organ} → {self.parent}"


class OrganEdition(models.Model):
    """The single row whose stamp changes with every change of organs or aliases (`queries.organ_tree`)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.CharField(max_length=32)
    sequence = models.PositiveIntegerField(default=1)
    mark = models.BinaryField()
    """The node's mark over all that the tree is made of (`portal.organs.marks`)."""

    class Meta:
        app_label = "portal"
        db_table = "organs_edition"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="organs_edition_single_row")]

    def __str__(self) -> str:
        return self.stamp


class Department(Dated, FromFile):
    """A department of an organ, or, without one, a department every procuratorate is taken to have.

    An organ's own row with the same code stands in place of the common one, and hides it when no longer in
    force.
    """

    organ = models.ForeignKey(
        Organ, on_delete=models.PROTECT, null=True, blank=True, related_name="departments"
    )
    code = models.CharField("部门代码", max_length=32)
    name = models.CharField("部门名称", max_length=60)
    position = models.PositiveSmallIntegerField("排序", default=0)

    class Meta:
        app_label = "portal"
        db_table = "organs_department"
        verbose_name = verbose_name_plural = "内设部门"
        ordering = ("position", "code")
        constraints = [
            models.UniqueConstraint(fields=("organ", "code"), name="organs_department_once"),
            models.UniqueConstraint(
                fields=("code",), condition=Q(organ__isnull=True), name="organs_department_common_once"
            ),
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="organs_department_is_named"),
            _in_order("organs_department"),
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(Dated, FromFile):
    """A campaign (专项) under which leads are counted."""

    code = models.CharField("专项代码", max_length=32, primary_key=True)
    name = models.CharField("专项名称", max_length=80)

    class Meta:
        app_label = "portal"
        db_table = "organs_campaign"
        verbose_name = verbose_name_plural = "专项工作"
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="organs_campaign_is_named"),
            _in_order("organs_campaign"),
        ]

    def __str__(self) -> str:
        return self.name


class Taxonomy(Dated, FromFile):
    """One version of a classification. What was coded under it keeps its labels when a later version
    replaces it.
    """

    code = models.CharField("分类代码", max_length=32)
    version = models.CharField("版本", max_length=16)
    name = models.CharField("名称", max_length=80)
    campaign = models.ForeignKey(
        Campaign,
        verbose_name="专项工作",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="taxonomies",
    )

    class Meta:
        app_label = "portal"
        db_table = "organs_taxonomy"
        verbose_name = verbose_name_plural = "分类"
        ordering = ("code", "version")
        constraints = [
            models.UniqueConstraint(fields=("code", "version"), name="organs_taxonomy_once"),
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(version="") & ~Q(name=""), name="organs_taxonomy_is_named"
            ),
            _in_order("organs_taxonomy"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.version}）"


class Term(FromFile):
    """One entry of a classification; `plain_label` is what the public reads, where the public chooses it."""

    taxonomy = models.ForeignKey(Taxonomy, on_delete=models.PROTECT, related_name="terms")
    code = models.CharField("代码", max_length=32)
    label = models.CharField("名称", max_length=120)
    plain_label = models.CharField("通俗名称", max_length=120, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    position = models.PositiveSmallIntegerField("排序", default=0)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        app_label = "portal"
        db_table = "organs_term"
        verbose_name = verbose_name_plural = "分类条目"
        ordering = ("taxonomy", "position", "code")
        constraints = [
            models.UniqueConstraint(fields=("taxonomy", "code"), name="organs_term_once"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="organs_term_is_named"),
        ]

    def __str__(self) -> str:
        return self.label


class TermLink(models.Model):
    """A plain word of the public that clearly means a term of the staff's classifications."""

    plain = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="means")
    staff = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="said_as")

    class Meta:
        app_label = "portal"
        db_table = "organs_term_link"
        verbose_name = verbose_name_plural = "通俗名称对应"
        ordering = ("plain", "staff")
        constraints = [models.UniqueConstraint(fields=("plain", "staff"), name="organs_term_link_once")]

    def __str__(self) -> str:
        return f"{self.plain} → {self.staff}"
