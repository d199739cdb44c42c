"""Photos as evidence, served to those who judge."""

from flask import Blueprint

blueprint = Blueprint("photos", __name__)
