"""A villager's own report with photos, and what a named person says: I was there, or not."""

from flask import Blueprint

blueprint = Blueprint("report", __name__)
