"""The stockroom: deliveries, donations, losses, goods brought to another shop."""

from flask import Blueprint

blueprint = Blueprint("stockroom", __name__)
