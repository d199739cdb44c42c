"""The council's sittings and motions."""

from flask import Blueprint

blueprint = Blueprint("council", __name__)
