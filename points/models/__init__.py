"""Tables, one file a subject. `TABLES` lists them in the order in which they can be made."""

from points.models.areas import Area, AreaAncestor, VillageSetting
from points.models.contribution import CapUse, Contribution, Line, Notice, Objection, TickState, Voice
from points.models.keys import WriteKey
from points.models.ledger import Account, TakenBack, Transfer, TransferNote
from points.models.people import Card, Household, Kin, Person, Role, Tries
from points.models.rules import RuleBook, RuleItem
from points.models.shop import (
    Goods,
    GoodsPrice,
    Receipt,
    ReceiptLine,
    ReceiptUndo,
    Refusal,
    Shop,
    Stock,
    StockMovement,
    Till,
)

TABLES = (
    Area,
    AreaAncestor,
    VillageSetting,
    Household,
    Person,
    Kin,
    Role,
    Card,
    Tries,
    WriteKey,
    Account,
    Transfer,
    TakenBack,
    TransferNote,
    RuleBook,
    RuleItem,
    Contribution,
    Notice,
    Line,
    Voice,
    CapUse,
    Objection,
    TickState,
    Shop,
    Till,
    Goods,
    GoodsPrice,
    Stock,
    StockMovement,
    Receipt,
    ReceiptLine,
    ReceiptUndo,
    Refusal,
)

APPEND_ONLY = (Transfer, StockMovement, Receipt, ReceiptLine, Voice, GoodsPrice, WriteKey)
"""Tables whose rows are never edited or removed; a trigger on each refuses it."""

__all__ = [
    "APPEND_ONLY",
    "TABLES",
    "Account",
    "Area",
    "AreaAncestor",
    "CapUse",
    "Card",
    "Contribution",
    "Goods",
    "GoodsPrice",
    "Household",
    "Kin",
    "Line",
    "Notice",
    "Objection",
    "Person",
    "Receipt",
    "ReceiptLine",
    "ReceiptUndo",
    "Refusal",
    "Role",
    "RuleBook",
    "RuleItem",
    "Shop",
    "Stock",
    "StockMovement",
    "TakenBack",
    "TickState",
    "Till",
    "Transfer",
    "TransferNote",
    "Tries",
    "VillageSetting",
    "Voice",
    "WriteKey",
]
