"""The rows that are wrong on purpose: what a loader has to refuse, and where it stands."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One refused row. `line` counts from 1, `attribute` is a path as in a reject message, `rule` is the kind of rule broken."""

    file: str
    line: int
    attribute: str
    rule: str
    wrong: str


class OrderFault(NamedTuple):
    """An order to spoil: the `place`-th order (from 0) of the hour; what is written instead of the attribute's value."""

    day: int
    hour: int
    place: int
    attribute: str
    value: object
    rule: str
    wrong: str


ORDER_FAULTS = (
    OrderFault(2, 8, 11, "order_lines[0].quantity", "two", "pattern", "the quantity is the word `two`"),
    OrderFault(4, 6, 0, "ordered_at", "2026-11-03 19:58:12", "partition", "yesterday's last order, in today's first file"),
    OrderFault(5, 19, 3, "ordered_at", "2027-11-05 19:12:40", "partition", "a till whose clock is a year ahead"),
    OrderFault(
        7, 10, 20, "order_lines[0].unit_price", "-3.20", "pattern", "a refund typed in as an order: the price is negative"
    ),
    OrderFault(9, 7, 5, "ordered_at", "2026-11-09 7h48", "pattern", "a time that somebody wrote by hand"),
    OrderFault(10, 12, 9, "order_lines[0].product_id", "croissant", "pattern", "a product's name in the place of its number"),
)

FAULTY_PRODUCTS: tuple[tuple[int, str, str, str, dict[str, object]], ...] = (
    (
        9,
        "price",
        "pattern",
        "a discount entered as a product: the price is negative",
        {
            "product_id": "BRD-007",
            "name": "Day-old bread",
            "category": "bread",
            "price": "-0.60",
            "nutrition": {"kcal": 640, "protein": 21.0, "carbohydrates": 132.0, "fat": 2.5},
            "recipe": [],
            "allergens": ["gluten"],
            "launched_on": "2026-10-19",
        },
    ),
    (
        17,
        "name",
        "required",
        "the name is missing",
        {
            "product_id": "PAS-006",
            "name": None,
            "category": "pastry",
            "price": "3.90",
            "nutrition": {"kcal": 350, "protein": 5.0, "carbohydrates": 40.0, "fat": 19.0},
            "recipe": [],
            "allergens": ["gluten", "milk", "egg"],
            "launched_on": "2026-10-26",
        },
    ),
    (
        26,
        "nutrition.kcal",
        "pattern",
        "not measured yet: the energy is the word `unknown`",
        {
            "product_id": "PAS-007",
            "name": "Chestnut log",
            "category": "pastry",
            "price": "4.80",
            "nutrition": {"kcal": "unknown", "protein": 4.0, "carbohydrates": 52.0, "fat": 18.0},
            "recipe": [],
            "allergens": ["milk", "egg"],
            "launched_on": "2026-11-01",
        },
    ),
)

FAULTY_CUSTOMERS: tuple[tuple[str, int, str, str, str, str], ...] = (
    (
        "customers_20261101.csv",
        61,
        "last_name",
        "required",
        "the last name is missing",
        "1901,Ninon,,ninon@mail.example,3 rue Haute,67000,Strasbourg,false,2026-10-28",
    ),
    (
        "customers_20261101.csv",
        133,
        "joined_on",
        "pattern",
        "month and day the wrong way round: there is no month 28",
        "1902,Loïc,Petit,loic.petit@post.example,18 quai des Tanneurs,67100,Strasbourg,true,2026-28-10",
    ),
    (
        "customers_20261104.csv",
        8,
        "postcode",
        "pattern",
        "the postcode has four digits",
        "1903,Maya,Roy,maya.roy@mail.example,7 rue des Lilas,6700,Strasbourg,true,2026-11-03",
    ),
    (
        "customers_20261108.csv",
        5,
        "customer_id",
        "pattern",
        "the number is written with a letter O",
        "19O4,Tom,Weber,tom.weber@post.example,22 avenue de la Gare,67200,Strasbourg,false,2026-11-06",
    ),
)


class NoteFault(NamedTuple):
    """The delivery note with a weight that is no number; the same note comes again on the next day with the right one."""

    number: str
    line: int
    written: str
    attribute: str
    wrong: str


NOTE_FAULT = NoteFault("D-20261104-1", 0, "25,5", "line[0].kg", "the weight is written with a comma")


class FaultyNote(NamedTuple):
    """A delivery note that is wrong and never comes right; it stands behind the note `after`."""

    after: str
    attribute: str
    wrong: str
    text: str


FAULTY_NOTES = (
    FaultyNote(
        "D-20261106-2",
        "supplier",
        "a note from nobody: the supplier is missing",
        """  <delivery number="D-20261106-9">
    <delivered_on>2026-11-06</delivered_on>
    <line ingredient="ING-008"><kg>5</kg><price_per_kg>1.15</price_per_kg></line>
  </delivery>""",
    ),
)


class FaultyCount(NamedTuple):
    """A line of a stock count, from the ingredient on."""

    day: str
    line: int
    attribute: str
    rule: str
    wrong: str
    text: str


FAULTY_COUNTS = (
    FaultyCount("20261101", 14, "kg", "pattern", "a guess, `some`; on the next line it is weighed", "ING-013,some"),
    FaultyCount("20261110", 7, "ingredient_id", "required", "nobody knows what was in the sack", ",3.5"),
)


class FaultyBooking(NamedTuple):
    """A line of a bank statement."""

    file: str
    line: int
    attribute: str
    rule: str
    wrong: str
    text: str


FAULTY_BOOKINGS = (
    FaultyBooking(
        "statement_20261106.txt",
        9,
        "booked_on",
        "pattern",
        "there is no 31 November",
        "2026113100007290FEE       -4.00",
    ),
    FaultyBooking(
        "statement_20261110.txt",
        4,
        "iban",
        "pattern",
        "the number of the account begins with a digit instead of a letter",
        "2026110900007399SUP       86.007R7699903700000000310040448Epicerie Centrale         AVOIR 2210",
    ),
)
