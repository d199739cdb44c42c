"""A till that locked itself after a pause, and the PIN that opens it."""

from flask import Blueprint

blueprint = Blueprint("lock", __name__)
