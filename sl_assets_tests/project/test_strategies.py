"""What a `writeStrategy` becomes, and the expressions that choose one for each file."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl_assets.project.choices import ChoiceError, choose_type
from sl_assets.project.conditions import ConditionError, parse_condition
from sl_assets.project.file_facts import FileFacts, known_groups, match_groups
from sl_assets.project.records import FileChoice
from sl_assets_tests.shop import APPLICATION

FRIDAY = datetime(2024, 3, 1, 12, tzinfo=UTC)  # the first of its month
SUNDAY = datetime(2024, 3, 31, 12, tzinfo=UTC)  # the last of its month
PATTERN = r"goods_(?P<mode>[A-Z]+)(_x)?\.csv"
FILE = FileFacts(match_groups(PATTERN, "goods_FULL.csv"), 3 * 1024**2 + 1023, SUNDAY, FRIDAY)


@pytest.mark.parametrize(
    "text",
    [
        'group("mode") == "FULL"',
        'group(1) != "DELTA" && group(0) == "goods_FULL.csv"',
        "fileSize == fileSizeB && fileSizeB == 3_146_751L",
        "fileSizeKo == 3072 && fileSizeMo == 3 && fileSizeGo == 0 && fileSizeTo == 0",
        "isFirstDayOfMonth && !isLastDayOfMonth && !isFileFirstDayOfMonth && isFileLastDayOfMonth",
        "dayOfWeek == 5 && fileDayOfWeek == 7",
        "true || false && false",
        "!(true && false) && !!true",
        "1 < 2 == true && 2 <= 2 && 2 >= 2 && 3 > 2",
        'group(2) != "_x"',
        '!(group(2) < "z") && !(group(2) > "a")',
        'group(1) < "G" && group(1) >= "FULL"',
        "true==isFirstDayOfMonth",
    ],
)
def test_a_true_condition_is_true_of_the_file_and_its_negation_is_not(text):
    groups = known_groups(PATTERN)
    assert parse_condition(text, groups)(FILE) is True
    assert parse_condition(f"!({text})", groups)(FILE) is False


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a value is missing at the end"),
        ("true &&", "a value is missing at the end"),
        ("&& true", 'a value is missing before "&&"'),
        ("(true", '")" is missing at the end'),
        ("true)", '")" is not expected there'),
        ("true true", '"true" is not expected there'),
        (f"fileSize > {'9' * 5000}", "is not expected there"),
        ("1 < 2 < 3", '"<" is not expected there'),
        ("fileSize", "the whole wants a condition, found a number"),
        ("!fileSize == 1", '"!" wants a condition, found a number'),
        ('"a" && true', '"&&" wants a condition, found text'),
        ("group(1) == 1", '"==" compares text with a number'),
        ("true < false", "compares numbers or texts, not conditions"),
        ("group(7) == group(1)", "the table's pattern has no group 7"),
        ('group("day") == "1"', "the table's pattern has no group day"),
        ("group(mode) == 1", "group takes a number or a name in double quotes"),
        ("group == 1", '"(" is missing before "=="'),
        ("fileSizeMb > 1", 'Did you mean "fileSizeB"?'),
        ("fileSize = 1", '"=" is not understood'),
        ("group(1) == 'FULL'", "Text stands in double quotes"),
        ('group(1) == "FULL', "is not understood"),
        ("file.size > 1", '".size" is not understood'),
        ("(" * 5000 + "true" + ")" * 5000, "nested too deeply"),
        ("!" * 5000 + "true", "nested too deeply"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_reason(text, reason):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, known_groups(PATTERN))
    assert reason in str(caught.value)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["group(1)", '"a"', "fileSize", "1", "true", *"!()<>=&|", "==", "&&", " ", "\x1f", "é", '"']), max_size=8
    )
)
def test_whatever_is_written_is_a_condition_or_is_refused(parts):
    try:
        fits = parse_condition("".join(parts))
    except ConditionError:
        return
    assert fits(FILE) in (True, False)


def test_a_group_may_be_anything_where_the_pattern_is_not_known():
    assert parse_condition('group("day") == "1"')(FileFacts({"day": "1"}, 0, FRIDAY, FRIDAY))


@pytest.fixture
def adaptive(shop):
    def make(types, extra=""):
        lines = "\n".join(f"      {kind}: '{text}'" for kind, text in types.items())
        shop.table("goods", "id: long!, day: date", f"metadata:\n  writeStrategy:\n    key: [ID]\n    types:\n{lines}\n{extra}")
        return shop.node("shop.goods")

    return make


def test_choices_keep_their_conditions_and_share_the_key(adaptive):
    strategy = adaptive({"OVERWRITE": 'group(0) == "x"', "upsert_by_key": "true"}).strategy
    assert strategy.choices == (FileChoice("OVERWRITE", 'group(0) == "x"'), FileChoice("UPSERT_BY_KEY", "true"))
    assert (strategy.key, strategy.types) == (("id",), ("OVERWRITE", "UPSERT_BY_KEY"))


@pytest.mark.parametrize(("conditions", "found"), [(("false", "false"), "none"), (("true", "true"), "OVERWRITE and APPEND")])
def test_exactly_one_condition_must_be_true(adaptive, conditions, found):
    table = adaptive(dict(zip(("OVERWRITE", "APPEND"), conditions, strict=True)))
    with pytest.raises(ChoiceError, match=f"must choose one strategy for it and chooses {found} "):
        choose_type(table, "goods1.csv", 1, FRIDAY, FRIDAY, "UTC")


def test_days_begin_and_end_in_the_projects_time_zone(adaptive):
    table = adaptive({"OVERWRITE": "isFirstDayOfMonth", "APPEND": "!isFirstDayOfMonth"})
    late = datetime(2024, 2, 29, 23, 30, tzinfo=UTC)
    assert choose_type(table, "goods1.csv", 1, late, late, "UTC") == "APPEND"
    assert choose_type(table, "goods1.csv", 1, late, late, "Europe/Paris") == "OVERWRITE"


def test_scd2_takes_its_columns_from_the_strategy_then_from_the_application(shop):
    shop.write("config/application.sl.yml", APPLICATION + "  scd2StartTimestamp: since\n  scd2EndTimestamp: until\n")
    written = "metadata: {writeStrategy: {type: SCD2, key: [id], timestamp: day%s}}"
    shop.table("goods", "id: long, day: date", written % ", startTs: a, endTs: b")
    shop.table("other", "id: long, day: date", written % "", pattern="x.*")
    assert [(one.strategy.start, one.strategy.end) for one in (shop.node("shop.goods"), shop.node("shop.other"))] == [
        ("a", "b"),
        ("since", "until"),
    ]


def test_the_process_names_the_columns_of_scd2_where_the_project_does_not(shop):
    shop.table("goods", "id: long, day: date", "metadata: {writeStrategy: {type: SCD2, key: [id], timestamp: day}}")
    project = shop.project({"SL_SCD2_START_TIMESTAMP": "since", "SL_SCD2_END_TIMESTAMP": "until"})
    assert [(table.strategy.start, table.strategy.end) for table in project.tables.values()] == [("since", "until")]


def test_partition_columns_are_kept_by_their_final_names_and_only_where_they_count(shop):
    sink = "metadata: {sink: {partition: [DAY, Id]}, writeStrategy: {type: %s}}"
    shop.table("goods", "id: long, day: date", sink % "OVERWRITE_BY_PARTITION")
    shop.table("other", "id: long, day: date", sink % "APPEND", pattern="x.*")
    assert shop.node("shop.goods").strategy.partition == ("day", "id")
    assert shop.node("shop.other").strategy.partition == ()
