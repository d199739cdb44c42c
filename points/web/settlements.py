"""Settlements 结算 with contracted shops."""

from flask import Blueprint

blueprint = Blueprint("settlements", __name__)
