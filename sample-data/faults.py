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
