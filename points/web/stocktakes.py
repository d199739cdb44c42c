"""Stocktakes 盘点: counted blind, approved by a second person."""

from flask import Blueprint

blueprint = Blueprint("stocktakes", __name__)
