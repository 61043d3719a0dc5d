"""The statements of the bakery's bank: fixed-width lines in ISO-8859-1, as the bank has written them for thirty years."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import NamedTuple

from catalogue import SUPPLIER_ACCOUNTS
from faults import FAULTY_BOOKINGS, Fault
from purchasing import CENT, Note

STATEMENTS = ((date(2026, 11, 2), date(2026, 11, 6)), (date(2026, 11, 9), date(2026, 11, 10)))
HEADER = "BANQUE DU RHIN          COMPTE 00017 BOULANGERIE"
FIRST_NUMBER = 7301
FRIDAY = 4
DAYS_TO_PAY = 3
CARD_SHARE = Decimal("0.72")


class Booking(NamedTuple):
    """A line of a statement; the amount is in euros."""

    day: date
    kind: str
    amount: Decimal
    iban: str = ""
    name: str = ""
    reference: str = ""


RENT = Booking(date(2026, 11, 2), "RNT", Decimal("-1850.00"), "FR7699901000001234567890143", "SCI des Lilas", "LOYER 11/2026")
FEE = Booking(date(2026, 11, 6), "FEE", Decimal("-12.40"))


def statement_files(random: Random, notes: Iterable[Note], revenue: Mapping[date, Decimal]) -> tuple[dict[str, str], list[Fault]]:
    """A statement per week: rent, what suppliers were paid and what was taken.

    Args:
        random: How long suppliers wait for their money.
        notes: What was delivered.
        revenue: What was taken on each day; a part by card, which the bank books on its next working day.
    """
    bookings = sorted([RENT, FEE, *_payments(random, notes), *_takings(revenue)])
    files: dict[str, str] = {}
    faults: list[Fault] = []
    number = FIRST_NUMBER
    for first, last in STATEMENTS:
        name = f"statement_{last:%Y%m%d}.txt"
        lines = [f"{HEADER} {first:%Y%m%d}-{last:%Y%m%d}"]
        for booking in (each for each in bookings if first <= each.day <= last):
            lines.append(_line(booking, number))
            number += 1
        for wrong in FAULTY_BOOKINGS:
            if wrong.file == name:
                lines.insert(wrong.line - 1, wrong.text)
                faults.append(Fault(name, wrong.line, wrong.attribute, wrong.rule, wrong.wrong))
        files[name] = "\n".join(lines) + "\n"
    return files, faults


def _payments(random: Random, notes: Iterable[Note]) -> Iterable[Booking]:
    for note in notes:
        day = _working_day(note.day + timedelta(days=DAYS_TO_PAY + int(random.random() * 2)))
        yield Booking(day, "SUP", -note.amount, SUPPLIER_ACCOUNTS[note.supplier], note.supplier, note.number)


def _takings(revenue: Mapping[date, Decimal]) -> Iterable[Booking]:
    """Card takings day by day, the cash of a week on Friday."""
    cash = Decimal()
    for day, taken in revenue.items():
        card = (taken * CARD_SHARE).quantize(CENT, ROUND_HALF_UP)
        cash += taken - card
        yield Booking(_working_day(day + timedelta(days=1)), "CRD", card, reference=f"CARTES {day:%Y%m%d}")
        if day.weekday() == FRIDAY:
            yield Booking(day, "CSH", cash, reference="VERSEMENT ESPECES")
            cash = Decimal()


def _working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > FRIDAY else 0)


def _line(booking: Booking, number: int) -> str:
    """The fields side by side; what would be spaces at the end is left off."""
    start = f"{booking.day:%Y%m%d}{number:08}{booking.kind}{booking.amount:>12}"
    return f"{start}{booking.iban:<27}{booking.name:<26}{booking.reference:<24}".rstrip()
