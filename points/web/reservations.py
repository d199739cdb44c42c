"""Reservations 预约 and their tickets."""

from flask import Blueprint

blueprint = Blueprint("reservations", __name__)
