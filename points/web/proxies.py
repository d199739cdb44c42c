"""Proxies 代领: whom a household lets collect its goods, on the phone, at the desk or at the counter."""

from flask import Blueprint

blueprint = Blueprint("proxies", __name__)
