"""Complaints and suggestions, from anyone."""

from flask import Blueprint

blueprint = Blueprint("complaints", __name__)
