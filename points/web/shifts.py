"""Shifts 班次: signing off, handing over."""

from flask import Blueprint

blueprint = Blueprint("shifts", __name__)
