"""Goods that households wish for."""

from flask import Blueprint

blueprint = Blueprint("wishes", __name__)
