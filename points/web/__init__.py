"""The site: a blueprint for each area of work. Views parse, call a service or query, and answer."""

from __future__ import annotations

import importlib

from flask import Flask

from points.web import edge, errors, frame, navigation, session, text

BLUEPRINTS = (
    "public",  # what anyone may see: front page, notices and their sheets, goods, rule book
    "session",  # signing in and out, the own password
    "home",  # a villager's page
    "desk",  # what waits for a member of staff
    "areas",
    "summary",  # what moved in a month or a year, by place and by item
    "households",
    "census",  # rosters of households from a spreadsheet
    "changes",  # households that split, merge, move
    "my_data",  # what is kept of a person, and what they ask about it
    "staff",
    "kin",
    "cards",
    "rule_book",
    "contributions",
    "report",  # a villager's own report, and what the named people say to theirs
    "photos",
    "review",
    "council",  # sittings and motions
    "notices",
    "openings",  # old balances, on a notice of their own
    "expiry",  # points that lapse at year's end
    "boards",
    "fund",
    "settlements",
    "complaints",
    "shops",
    "goods",
    "stockroom",  # deliveries, losses, goods brought to another shop
    "stocktakes",
    "wishes",
    "counter",
    "proxies",
    "reservations",
    "shifts",
    "archives",  # everything of an area, in one file
    "jobs",  # work that takes longer than a page may
    "passbooks",
    "packet",  # what the committee meets about
    "lists",  # what a page lists as a spreadsheet, and who took out what
    "papers",  # PDF sheets, and the page to which their QR leads
    "lock",  # a till that locked itself after a pause
)


def register(app: Flask) -> None:
    """Wire extensions, error pages, template helpers and every blueprint into *app*."""
    text.register(app)
    session.register(app)
    errors.register(app)
    edge.register(app)
    frame.register(app)
    navigation.register(app)
    for name in BLUEPRINTS:
        module = importlib.import_module(f"points.web.{name}")
        app.register_blueprint(module.blueprint)
