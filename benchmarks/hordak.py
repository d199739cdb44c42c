"""The same transfer by django-hordak: a Transaction with two Legs, in an atomic block, in a database of its own.

Its balances are sums of legs, and it knows neither a floor nor a key. What is measured is its own `transfer_to`, after
the household's account was held and its balance read, since a redemption must not overdraw.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOUSEHOLDS, SHOPS = 2_000, 20
OPENING = 200_000


def _set_up(url: str) -> Any:
    """Let Django of this process look at the database at *url*; return hordak's models."""
    import django
    from django.conf import settings

    parts = urlsplit(url)
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path[1:],
                "USER": parts.username,
                "HOST": parse_qs(parts.query).get("host", [parts.hostname or ""])[0],
            }
        },
        DEFAULT_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        USE_TZ=True,
    )
    django.setup()
    from hordak import models

    return models


def fill(url: str) -> None:
    """Migrate the empty database at *url*, in a process of its own, and open accounts with points on them."""
    import multiprocessing

    process = multiprocessing.get_context("spawn").Process(target=_fill, args=(url,))
    process.start()
    process.join()
    assert process.exitcode == 0, "hordak's accounts could not be opened"


def _fill(url: str) -> None:
    models = _set_up(url)
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0)
    names = [*(f"household {at}" for at in range(HOUSEHOLDS)), *(f"shop {at}" for at in range(SHOPS)), "opening"]
    with transaction.atomic():
        accounts = models.Account.objects.bulk_create(
            models.Account(name=name, type="LI", currencies=["CNY"], lft=1, rght=2, level=0, tree_id=at + 1)
            for at, name in enumerate(names)
        )
        given = models.Transaction.objects.bulk_create(models.Transaction() for _ in range(HOUSEHOLDS))
        models.Leg.objects.bulk_create(
            leg
            for one, home in zip(given, accounts, strict=False)
            for leg in (
                models.Leg(transaction=one, account=home, credit=OPENING, currency="CNY"),
                models.Leg(transaction=one, account=accounts[-1], debit=OPENING, currency="CNY"),
            )
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def transferring(url: str, which: int, number: int, floor: bool = True) -> Callable[[], object]:
    """Return what makes one transfer, from a household of this client alone to a shop."""
    models = _set_up(url)
    from django.db import transaction
    from moneyed import Money

    homes = list(models.Account.objects.filter(name__startswith="household").order_by("id"))[which::number]
    shops = list(models.Account.objects.filter(name__startswith="shop").order_by("id"))
    random.Random(which).shuffle(homes)
    one, turns = Money(1, "CNY"), count()

    def transfer() -> None:
        turn = next(turns)
        home, shop = homes[turn % len(homes)], shops[turn % len(shops)]
        with transaction.atomic():
            if floor:
                held = models.Account.objects.select_for_update().get(id=home.id)
                assert held.get_balance() >= one
            shop.transfer_to(home, one)

    return transfer
