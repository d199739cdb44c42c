"""The red board, its poster, and a household's choice of how it is named."""

from flask import Blueprint

blueprint = Blueprint("boards", __name__)
