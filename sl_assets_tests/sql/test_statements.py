import pytest

from sl_assets.sql.statements import split_statements


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", ()),
        (" ;\n; -- nothing\n", ()),
        ("DELETE FROM a", ((1, "DELETE FROM a"),)),
        (
            "-- first\n\n DELETE FROM a ; -- gone;\n\nINSERT INTO a\nVALUES (1);",
            ((3, "DELETE FROM a"), (5, "INSERT INTO a\nVALUES (1)")),
        ),
        ("SELECT 'a;''b', \"c;d\", $$e;f$$ /* ; */; SELECT 2", ((1, "SELECT 'a;''b', \"c;d\", $$e;f$$"), (1, "SELECT 2"))),
        ("COMMENT ON TABLE a IS 'b;c'; CALL d(';')", ((1, "COMMENT ON TABLE a IS 'b;c'"), (1, "CALL d(';')"))),
        ("é ü;\nß", ((1, "é ü"), (2, "ß"))),
        ("SELECT 'never ends; SELECT 2", ((1, "SELECT 'never ends; SELECT 2"),)),
    ],
)
def test_statements_end_at_semicolons_outside_of_quotes_and_comments(text, statements):
    assert split_statements(text) == statements
