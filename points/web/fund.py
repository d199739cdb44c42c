"""The village's fund, in fen."""

from flask import Blueprint

blueprint = Blueprint("fund", __name__)
