"""Write the sample data of the bakery: `python sample-data/generate.py [folder]`.

The same bytes every time (fixed seed, standard library only); of what is compressed, the same content, for how zlib packs differs
between its versions. Ten days of November 2026, the shop open from six to eight in the evening, busy before work, at noon and at
weekends; regulars with habits, walk-ins without a card, suppliers, a bank, and a few rows that are wrong on purpose (`README.md`
lists them).
"""

import copy
import csv
import gzip
import io
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar

from bank import statement_files
from catalogue import CATEGORIES, FIRST_NAMES, INGREDIENTS, LAST_NAMES, PRODUCTS, STREETS, TOWNS, Product
from faults import FAULTY_CUSTOMERS, FAULTY_PRODUCTS, ORDER_FAULTS, Fault, OrderFault
from purchasing import IDS, count_files, delivery_files, delivery_notes

T = TypeVar("T")
SEED = 20261101
FIRST_DAY = date(2026, 11, 1)
DAYS = 10
ORDERS_PER_WEEKDAY = (330, 335, 345, 350, 385, 540, 500)
HOUR_WEIGHTS = {6: 4, 7: 11, 8: 14, 9: 9, 10: 7, 11: 7, 12: 11, 13: 8, 14: 4, 15: 4, 16: 6, 17: 8, 18: 8, 19: 4}
SATURDAY = 5
LOYAL_SHARE = 0.62
ONLINE_SHARE = 0.18
FAVOURITE_SHARE = 0.55
NEWSLETTER_SHARE = 0.45
COMMA_SHARE = 0.2
NO_APPETITE = 0.4
CUSTOMERS = 220
OLD_CUSTOMERS = 190
APPETITE = {
    "bread": {6: 1.2, 7: 1.5, 11: 1.4, 17: 2.2, 18: 2.6, 19: 2.4},
    "viennoiserie": {6: 2.6, 7: 3.0, 8: 3.0, 9: 2.4, 10: 1.6, 16: 1.4},
    "pastry": {10: 0.8, 12: 1.0, 14: 1.6, 15: 2.2, 16: 2.0, 17: 1.2},
    "savoury": {11: 2.2, 12: 4.0, 13: 3.4, 14: 1.2},
    "drink": {6: 2.0, 7: 2.2, 8: 2.0, 9: 1.8, 10: 1.4, 13: 1.2, 15: 1.2},
}
PRICES = {each.sku: each.price for each in PRODUCTS}
CUSTOMER_COLUMNS = (
    "customer_id",
    "first_name",
    "last_name",
    "email",
    "street",
    "postcode",
    "city",
    "newsletter",
    "joined_on",
)
WRONG_EMAIL = 40
"""The customer (by place in the first file) whose e-mail address is wrong there and right in the file of 4 November."""


class Customer(NamedTuple):
    """A card holder. `zeal` is how often they come compared with the others, `hour` when, `favourite` for which article."""

    id: int
    first_name: str
    last_name: str
    email: str
    street: str
    postcode: str
    city: str
    newsletter: bool
    joined_on: date
    zeal: float
    hour: int
    favourite: str


class Output(NamedTuple):
    """All files by name, and the wrong rows in them."""

    files: dict[str, str]
    faults: tuple[Fault, ...]


def generate() -> Output:
    """Make everything in memory; equal at every call."""
    random = Random(SEED)
    customers = _make_customers(random)
    files, faults = _customer_files(random, customers)
    files["ingredients.tsv"] = _ingredients()
    files["products.jsonl"], product_faults = _products()
    order_files, order_faults = _order_files(random, customers)
    purchase_files, purchase_faults = _purchases(_orders_that_are_right(order_files))
    return Output(files | order_files | purchase_files, (*faults, *product_faults, *order_faults, *purchase_faults))


def _make_customers(random: Random) -> list[Customer]:
    """The first `OLD_CUSTOMERS` are there from the beginning; the others join during the ten days."""
    customers: list[Customer] = []
    taken: set[str] = set()
    first_names, last_names = FIRST_NAMES.split(), LAST_NAMES.split()
    for number in range(CUSTOMERS):
        first, last = random.choice(first_names), random.choice(last_names)
        postcode, city = random.choice(TOWNS)
        joined = date(2024, 3, 1) + timedelta(days=int(random.random() * 970))
        if number >= OLD_CUSTOMERS:
            joined = FIRST_DAY + timedelta(days=1 + (number - OLD_CUSTOMERS) // 5)
        customers.append(
            Customer(
                id=1001 + number,
                first_name=first,
                last_name=last,
                email=_email(first, last, random.choice(("mail", "post")), taken),
                street=_street(random),
                postcode=postcode,
                city=city,
                newsletter=random.random() < NEWSLETTER_SHARE,
                joined_on=joined,
                zeal=0.01 + random.random() ** 3,
                hour=_pick(random, HOUR_WEIGHTS),
                favourite=_pick(random, {product.sku: product.demand for product in PRODUCTS}),
            )
        )
    return customers


def _email(first: str, last: str, provider: str, taken: set[str]) -> str:
    name = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode().lower()
    unique = next(each for each in (name, *(f"{name}{number}" for number in range(2, 100))) if each not in taken)
    taken.add(unique)
    return f"{unique}@{provider}.example"


def _street(random: Random) -> str:
    number, street = 1 + int(random.random() * 60), random.choice(STREETS)
    return f"{number}, {street}" if random.random() < COMMA_SHARE else f"{number} {street}"


def _customer_files(random: Random, customers: Sequence[Customer]) -> tuple[dict[str, str], list[Fault]]:
    """The whole list on the first day; then who joined and who moved."""
    known = list(customers[:OLD_CUSTOMERS])
    wrong = known[WRONG_EMAIL]
    first = [*known[:WRONG_EMAIL], wrong._replace(email=wrong.email.replace("@", " at ")), *known[WRONG_EMAIL + 1 :]]
    rows = {
        "customers_20261101.csv": first,
        "customers_20261104.csv": [wrong, *_moved(random, known, 9), *customers[OLD_CUSTOMERS : OLD_CUSTOMERS + 15]],
        "customers_20261108.csv": [*_moved(random, known, 8), *customers[OLD_CUSTOMERS + 15 :]],
    }
    faults = [Fault("customers_20261101.csv", WRONG_EMAIL + 2, "email", "pattern", "the address has ` at ` instead of `@`")]
    files: dict[str, str] = {}
    for name, people in rows.items():
        lines = _csv(people)
        for file, line, attribute, rule, wrong_because, text in FAULTY_CUSTOMERS:
            if file == name:
                lines.insert(line - 1, text)
                faults.append(Fault(file, line, attribute, rule, wrong_because))
        files[name] = "\n".join(lines) + "\n"
    return files, faults


def _moved(random: Random, known: Sequence[Customer], count: int) -> list[Customer]:
    who = sorted(random.sample(range(WRONG_EMAIL + 1, len(known)), count))
    homes = [random.choice(TOWNS) for _ in who]
    return [
        known[place]._replace(street=_street(random), postcode=postcode, city=city, newsletter=True)
        for place, (postcode, city) in zip(who, homes, strict=True)
    ]


def _csv(people: Iterable[Customer]) -> list[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CUSTOMER_COLUMNS)
    for person in people:
        newsletter = "true" if person.newsletter else "false"
        writer.writerow([*person[:7], newsletter, person.joined_on.isoformat()])
    return text.getvalue().splitlines()


def _ingredients() -> str:
    lines = ["ingredient_id\tname\tcost_per_kg\tsupplier\torganic\tstock_kg"]
    for each, identity in zip(INGREDIENTS, IDS.values(), strict=True):
        organic = "yes" if each.organic else "no"
        lines.append("\t".join((identity, each.name, _money(each.cost), each.supplier, organic, str(each.stock))))
    return "\n".join(lines) + "\n"


def _products() -> tuple[str, list[Fault]]:
    lines = [_compact(_product(each)) for each in PRODUCTS]
    faults: list[Fault] = []
    for line, attribute, rule, wrong, record in FAULTY_PRODUCTS:
        lines.insert(line - 1, _compact(record))
        faults.append(Fault("products.jsonl", line, attribute, rule, wrong))
    return "\n".join(lines) + "\n", faults


def _product(product: Product) -> dict[str, object]:
    names = ("kcal", "protein", "carbohydrates", "fat")
    return {
        "product_id": product.sku,
        "name": product.name,
        "category": _category(product),
        "price": _money(product.price),
        "nutrition": dict(zip(names, product.nutrition, strict=True)),
        "recipe": [{"ingredient_id": IDS[name], "grams": float(grams)} for name, grams in product.recipe.items()],
        "allergens": list(product.allergens),
        "launched_on": product.launched,
    }


def _order_files(random: Random, customers: Sequence[Customer]) -> tuple[dict[str, str], list[Fault]]:
    files: dict[str, str] = {}
    faults: list[Fault] = []
    number = 500_001
    for day in (FIRST_DAY + timedelta(days=each) for each in range(DAYS)):
        here = [each for each in customers if each.joined_on <= day]
        for hour, moments in _moments(random, day).items():
            orders = [_order(random, number + place, moment, here) for place, moment in enumerate(moments)]
            number += len(orders)
            name = f"orders_{day:%Y%m%d}_{hour:02}.json"
            for fault in (each for each in ORDER_FAULTS if (each.day, each.hour) == (day.day, hour)):
                orders[fault.place] = _spoil(orders[fault.place], fault)
                faults.append(Fault(name, fault.place + 2, fault.attribute, fault.rule, fault.wrong))
            files[name] = "[\n" + ",\n".join(_compact(order) for order in orders) + "\n]\n"
    return files, faults


def _orders_that_are_right(files: Mapping[str, str]) -> list[dict[str, Any]]:
    wrong = {(f"orders_202611{each.day:02}_{each.hour:02}.json", each.place) for each in ORDER_FAULTS}
    return [order for name, text in files.items() for place, order in enumerate(json.loads(text)) if (name, place) not in wrong]


def _purchases(orders: Sequence[dict[str, Any]]) -> tuple[dict[str, str], list[Fault]]:
    """What was bought for these orders and what was left, and what the bank says of both."""
    random = Random(SEED)
    used = {each.name: Decimal() for each in INGREDIENTS}
    revenue = {FIRST_DAY + timedelta(days=each): Decimal() for each in range(DAYS)}
    recipes = {each.sku: each.recipe for each in PRODUCTS}
    for order in orders:
        day = date.fromisoformat(order["ordered_at"][:10])
        for line in order["order_lines"]:
            revenue[day] += line["quantity"] * Decimal(line["unit_price"])
            for name, grams in recipes[line["product_id"]].items():
                used[name] += line["quantity"] * Decimal(str(grams)) / 1000
    notes = delivery_notes(random)
    parts = (delivery_files(notes), count_files(random, notes, used), statement_files(random, notes, revenue))
    return {name: text for files, _ in parts for name, text in files.items()}, [each for _, faults in parts for each in faults]


def _moments(random: Random, day: date) -> dict[int, list[datetime]]:
    """When orders come in, by hour; nobody comes to a bakery at weekends before seven if they can help it."""
    weights = dict(HOUR_WEIGHTS)
    if day.weekday() >= SATURDAY:
        weights |= {6: 2, 7: 5, 8: 10, 9: 14, 10: 14, 11: 12}
    count = int(ORDERS_PER_WEEKDAY[day.weekday()] * (0.95 + 0.1 * random.random()))
    moments: dict[int, list[datetime]] = {hour: [] for hour in weights}
    for _ in range(count):
        hour = _pick(random, weights)
        moments[hour].append(datetime(day.year, day.month, day.day, hour) + timedelta(seconds=int(random.random() * 3600)))  # noqa: DTZ001 - the tills write UTC without saying so
    return {hour: sorted(times) for hour, times in moments.items()}


def _order(random: Random, number: int, moment: datetime, customers: Sequence[Customer]) -> dict[str, object]:
    customer = _visitor(random, moment.hour, customers) if random.random() < LOYAL_SHARE else None
    online = customer is not None and random.random() < ONLINE_SHARE
    return {
        "order_id": number,
        "ordered_at": f"{moment:%Y-%m-%d %H:%M:%S}",
        "customer_id": customer.id if customer else None,
        "channel": "online" if online else "counter",
        "order_lines": [
            {"product_id": sku, "quantity": quantity, "unit_price": _money(PRICES[sku])}
            for sku, quantity in _basket(random, moment.hour, customer).items()
        ],
    }


def _visitor(random: Random, hour: int, customers: Sequence[Customer]) -> Customer:
    weights = [each.zeal * (6.0 if abs(each.hour - hour) <= 1 else 1.0) for each in customers]
    return random.choices(customers, weights)[0]


def _basket(random: Random, hour: int, customer: Customer | None) -> dict[str, int]:
    weights = {each.sku: each.demand * APPETITE[_category(each)].get(hour, NO_APPETITE) for each in PRODUCTS}
    skus = [customer.favourite] if customer and random.random() < FAVOURITE_SHARE else []
    skus += [_pick(random, weights) for _ in range(_pick(random, {1: 46, 2: 32, 3: 16, 4: 6}) - len(skus))]
    basket: dict[str, int] = {}
    for sku in skus:
        basket[sku] = basket.get(sku, 0) + _pick(random, {1: 72, 2: 19, 3: 5, 4: 3, 6: 1})
    return basket


def _spoil(order: dict[str, object], fault: OrderFault) -> dict[str, object]:
    spoiled = copy.deepcopy(order)
    if "." not in fault.attribute:
        spoiled[fault.attribute] = fault.value
        return spoiled
    lines = spoiled["order_lines"]
    if not isinstance(lines, list):
        raise TypeError(f"order {order['order_id']} has no lines")
    lines[0][fault.attribute.partition(".")[2]] = fault.value
    return spoiled


def _category(product: Product) -> str:
    return CATEGORIES[product.sku[:3]]


def _pick(random: Random, weights: Mapping[T, float]) -> T:
    return random.choices(list(weights), list(weights.values()))[0]


def _money(cents: int) -> str:
    """Amounts are text in all files, so that no JSON reader makes binary floats of them."""
    return f"{cents // 100}.{cents % 100:02}"


def _compact(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def write(folder: Path) -> Output:
    """Write all files into a folder (made if missing); files there that are not ours stay."""
    output = generate()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in output.files.items():
        (folder / name).write_bytes(_encoded(name, text))
    return output


def _encoded(name: str, text: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(text.encode(), mtime=0)
    return text.encode("iso-8859-1" if name.startswith("statement_") else "utf-8")


def main(arguments: Sequence[str]) -> None:
    """Write the files and print the table of wrong rows for the README."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parent / "incoming" / "starbake"
    output = write(folder)
    print(f"{len(output.files)} files in {folder}; the rows that are wrong on purpose:\n")
    print("| file | line | attribute | rule | what is wrong |\n|---|---|---|---|---|")
    for fault in output.faults:
        print("| " + " | ".join(str(each) for each in fault) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
