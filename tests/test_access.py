"""Who may open which page: every route for every role, at home and from elsewhere; a route not listed here fails.

The table says what a role of the village meets in its own village (`y` the page or the deed, `-` 403: another's duty,
`.` 404: nothing there for you, `>` led to sign in), and what the same seven roles of another village or township meet
(`away`: `=` just as at home, for pages that are about no place). All things belong to one household: its `owner`
is a villager of it, `villager` one of another household.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from points import db, photos, roster, sheets
from points.models import Holiday, Line, Person, Photo, Receipt
from points.models.fund import Settlement
from points.models.opening import OpeningLine
from points.models.paper import Paper
from points.services import (
    areas,
    card,
    change,
    complaint,
    contribution,
    council,
    data_request,
    expiry,
    fund,
    goods,
    job,
    notice,
    opening,
    paper,
    passbook,
    proxy,
    redemption,
    report,
    rule_book,
    staff,
    stocktake,
    wish,
)
from tests import steps
from tests.browser import Browser
from tests.world import World

TABLE = """
                                           nobody owner villager steward committee council clerk supervisor admin away
GET  /areas                                  >      y      y        y        y        y      y       y        y    =
GET  /areas/{village}                        >      .      .        y        y        -      -       y        y    .
POST /areas/{village}                        >      .      .        -        -        -      -       -        y    .
GET  /areas/{village}/archive                >      .      .        -        -        -      -       -        y    .
POST /areas/{village}/archive                >      .      .        -        -        -      -       -        y    .
GET  /areas/{village}/exports                >      .      .        -        y        -      -       y        y    .
GET  /areas/{village}/summary                >      .      .        -        y        -      -       y        y    .
POST /lists/households.index/{village}       >      .      .        y        y        -      -       y        y    .
GET  /areas/{village}/name                   >      .      .        -        -        -      -       -        y    .
POST /areas/{village}/name                   >      .      .        -        -        -      -       -        y    .
GET  /villages/{village}/settings            >      .      .        -        y        -      -       -        y    .
POST /villages/{village}/settings            >      .      .        -        y        -      -       -        y    .
GET  /cards/{card}/hand-over                 >      .      .        y        y        -      -       -        -    .
POST /cards/{card}/hand-over                 >      .      .        y        y        -      -       -        -    .
POST /villages/{village}/cards/hand-over     >      .      .        y        y        -      -       -        -    .
GET  /villages/{village}/cards/print         >      .      .        -        y        -      -       -        y    .
POST /villages/{village}/cards/print         >      .      .        -        y        -      -       -        y    .
GET  /cards/runs/{run}                       >      .      .        y        y        -      -       -        y    .
POST /cards/runs/{run}/stop                  >      .      .        -        y        -      -       -        y    .
POST /cards/{card}/revoke                    >      .      .        y        y        -      -       -        y    .
GET  /people/{person}/cards/new              >      .      .        -        y        -      -       -        y    .
POST /people/{person}/cards/new              >      .      .        -        y        -      -       -        y    .
GET  /people/{person}/pin                    >      .      .        -        y        -      -       -        -    .
POST /people/{person}/pin                    >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/cards               >      .      .        y        y        -      -       -        y    .
GET  /contributions/{contribution}           >      .      .        y        y        y      -       y        y    .
GET  /lines/{posted}                         >      y      .        y        y        y      -       y        y    .
GET  /lines/{posted}/put-right               >      .      .        -        y        -      -       -        -    .
POST /lines/{posted}/put-right               >      .      .        -        y        -      -       -        -    .
POST /lines/{recorded}/withdraw              >      .      .        y        -        -      -       -        -    .
GET  /villages/{village}/contributions       >      .      .        y        y        y      -       y        y    .
GET  /villages/{village}/contributions/new   >      .      .        y        y        -      -       -        -    .
POST /villages/{village}/contributions/new   >      .      .        y        y        -      -       -        -    .
GET  /villages/{village}/people/search       >      .      .        y        y        -      -       -        -    .
GET  /villages/{village}/people/teams        >      .      .        y        y        -      -       -        -    .
POST /villages/{village}/people/card         >      .      .        y        y        -      -       -        -    .
GET  /villages/{village}/contributions/roll  >      .      .        y        y        -      -       -        -    .
POST /villages/{village}/contributions/roll  >      .      .        y        y        -      -       -        -    .
GET  /villages/{village}/contributions/inspect > .     .        y        y        -      -       -        -    .
POST /villages/{village}/contributions/inspect > .     .        y        y        -      -       -        -    .
GET  /villages/{village}/contributions/import > .      .        y        y        -      -       -        -    .
POST /villages/{village}/contributions/import > .      .        y        y        -      -       -        -    .
GET  /villages/{village}/contributions/example.xlsx > . .       y        y        -      -       -        -    .
GET  /contributions/import/{roster}          >      .      .        .        y        .      .       .        .    .
POST /contributions/import/{roster}          >      .      .        .        y        .      .       .        .    .
GET  /jobs/{job}                             >      .      .        .        y        .      .       .        .    .
GET  /jobs/{job}/file                        >      .      .        .        .        .      .       .        .    .
GET  /receipts/{receipt}                     >      y      .        -        y        -      y       y        y    .
GET  /villages/{village}/census              >      .      .        -        y        -      -       -        y    .
POST /villages/{village}/census              >      .      .        -        y        -      -       -        y    .
GET  /census/{census}                        >      .      .        -        y        -      -       -        y    .
GET  /census/{census}/columns                >      .      .        -        y        -      -       -        y    .
POST /census/{census}/columns                >      .      .        -        y        -      -       -        y    .
GET  /census/{census}/problems.xlsx          >      .      .        -        y        -      -       -        y    .
POST /census/{census}/apply                  >      .      .        -        y        -      -       -        y    .
POST /census/{census}/undo                   >      .      .        -        y        -      -       -        y    .
POST /census/{census}/drop                   >      .      .        -        y        -      -       -        y    .
POST /receipts/{receipt}/undo                >      .      .        -        y        -      y       -        -    .
GET  /me/code                                >      y      y        y        y        y      y       y        y    =
GET  /me/proxies                             >      y      y        y        y        y      y       y        y    =
POST /me/proxies                             >      y      y        y        y        y      y       y        y    =
POST /receipts/{receipt}/print               >      y      .        -        y        -      y       y        y    .
GET  /receipts/{receipt}/paper               >      y      .        -        y        -      y       y        y    .
POST /receipts/{receipt}/seen                >      y      .        .        .        .      .       .        .    .
POST /proxies/{proxy}/revoke                 >      y      .        -        y        -      -       -        -    .
GET  /households/{household}/proxies         >      .      .        y        y        -      -       -        -    .
POST /households/{household}/proxies         >      .      .        y        y        -      -       -        -    .
GET  /tills/{till}/proxies                   >      .      .        -        -        -      y       -        -    .
POST /tills/{till}/proxies                   >      .      .        -        -        -      y       -        -    .
POST /cards/{card}/block                     >      y      .        .        .        .      .       .        .    .
GET  /tills/{till}/lost                      >      .      .        -        -        -      y       -        -    .
POST /tills/{till}/lost                      >      .      .        -        -        -      y       -        -    .
POST /tills/{till}/lost/{card}               >      .      .        -        -        -      y       -        -    .
GET  /tills                                  >      y      y        y        y        y      y       y        y    =
GET  /tills/{till}                           >      .      .        -        -        -      y       -        -    .
GET  /tills/{till}/card                      >      y      y        y        y        y      y       y        y    y
POST /tills/{till}/card                      >      .      .        -        -        -      y       -        -    .
GET  /tills/{till}/goods                     >      .      .        -        -        -      y       -        -    .
GET  /tills/{till}/day                       >      .      .        -        y        -      y       y        y    .
GET  /tills/{till}/redeem                    >      y      y        y        y        y      y       y        y    y
POST /tills/{till}/redeem                    >      .      .        -        -        -      y       -        -    .
POST /clock                                  >      -      -        -        -        -      -       -        y    =
GET  /desk                                   >      y      y        y        y        y      y       y        y    =
GET  /villages/{village}/print               >      .      .        y        y        y      y       y        y    .
GET  /villages/{village}/lanes               y      y      y        y        y        y      y       y        y    y
POST /me/phone                               >      y      y        y        y        y      y       y        y    =
GET  /villages/{village}/desk                >      .      .        y        y        y      y       y        y    .
GET  /goods/{goods}                          >      .      .        -        y        -      y       y        y    .
GET  /goods/{goods}/edit                     >      .      .        -        y        -      y       -        -    .
POST /goods/{goods}/edit                     >      .      .        -        y        -      y       -        -    .
GET  /goods/{goods}/picture                  y      y      y        y        y        y      y       y        y    y
POST /goods/{goods}/hide                     >      .      .        -        y        -      y       -        -    .
GET  /goods/{goods}/lose                     >      .      .        -        y        -      y       -        -    .
POST /goods/{goods}/lose                     >      .      .        -        y        -      y       -        -    .
GET  /goods/{goods}/movements                >      .      .        -        y        -      y       y        y    .
GET  /goods/{goods}/remove                   >      .      .        -        y        -      y       -        -    .
POST /goods/{goods}/remove                   >      .      .        -        y        -      y       -        -    .
GET  /shops/{shop}/stock                     >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/deliveries                >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/deliveries/new            >      .      .        -        y        -      y       -        -    .
POST /shops/{shop}/deliveries/new            >      .      .        -        y        -      y       -        -    .
GET  /deliveries/{receiving}                 >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/losses                    >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/removals                  >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/stocktakes                >      .      .        -        y        -      y       y        y    .
POST /shops/{shop}/stocktakes                >      .      .        -        y        -      y       -        -    .
GET  /stocktakes/{stocktake}                 >      .      .        -        y        -      y       y        y    .
POST /stocktakes/{stocktake}/count           >      .      .        -        y        -      y       -        -    .
POST /stocktakes/{stocktake}/finish          >      .      .        -        y        -      y       -        -    .
POST /stocktakes/{stocktake}/approve         >      .      .        -        y        -      -       y        -    .
POST /stocktakes/{stocktake}/drop            >      .      .        -        y        -      y       y        -    .
GET  /stocktakes/{stocktake}/sheet           >      .      .        -        y        -      y       y        y    .
POST /goods/{goods}/price                    >      .      .        -        y        -      y       -        -    .
GET  /shops/{shop}/reserve                   >      y      y        y        y        y      y       y        y    .
POST /shops/{shop}/reserve                   >      y      y        y        y        y      y       y        y    .
GET  /shops/{shop}/reserve/goods             >      y      y        y        y        y      y       y        y    =
GET  /shops/{shop}/reservations              >      .      .        y        y        -      y       y        y    .
GET  /shops/{shop}/reservations/paper        >      .      .        y        y        -      y       y        y    .
GET  /households/{household}/reserve         >      .      .        y        y        -      -       -        -    .
POST /households/{household}/reserve         >      .      .        y        y        -      -       -        -    .
GET  /me/reservations                        >      y      y        y        y        y      y       y        y    =
GET  /reservations/{reservation}             >      y      .        y        y        -      y       y        y    .
GET  /reservations/{reservation}/paper       >      y      .        y        y        -      y       y        y    .
POST /reservations/{reservation}/cancel      >      y      .        -        y        -      y       -        -    .
GET  /tills/{till}/ticket                    >      y      y        y        y        y      y       y        y    y
POST /tills/{till}/ticket                    >      .      .        -        -        -      y       -        -    .
GET  /tills/{till}/collect                   >      y      y        y        y        y      y       y        y    y
POST /tills/{till}/collect                   >      .      .        -        -        -      y       -        -    .
GET  /shops/{shop}/goods                     >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/goods/new                 >      .      .        -        y        -      y       -        -    .
POST /shops/{shop}/goods/new                 >      .      .        -        y        -      y       -        -    .
GET  /shops/{shop}/goods.xlsx                >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/goods/upload              >      .      .        -        y        -      y       -        -    .
POST /shops/{shop}/goods/upload              >      .      .        -        y        -      y       -        -    .
GET  /goods-uploads/{goods_upload}           >      .      .        .        y        .      .       .        .    .
POST /goods-uploads/{goods_upload}           >      .      .        .        y        .      .       .        .    .
GET  /shops/{shop}/demand                    >      .      .        -        y        -      y       y        y    .
GET  /shops/{shop}/buying-list               >      .      .        -        y        -      y       y        y    .
GET  /villages/{village}/wishes              y      y      y        y        y        y      y       y        y    y
POST /villages/{village}/wishes              >      y      y        y        y        y      y       .        .    .
POST /wishes/{wish}/vote                     >      y      y        y        y        y      y       .        .    .
POST /wishes/{wish}/take-back                >      y      y        y        y        y      y       .        .    .
GET  /wishes/{wish}/answer                   >      .      .        -        y        -      y       -        -    .
POST /wishes/{wish}/answer                   >      .      .        -        y        -      y       -        -    .
GET  /home                                   >      y      y        y        y        y      y       y        y    =
GET  /me                                     >      y      y        y        y        y      y       y        y    =
GET  /households/{household}                 >      .      .        y        y        -      -       y        y    .
GET  /households/{household}/edit            >      .      .        y        y        -      -       -        y    .
POST /households/{household}/edit            >      .      .        y        y        -      -       -        y    .
GET  /households/{household}/people/new      >      .      .        y        y        -      -       -        y    .
POST /households/{household}/people/new      >      .      .        y        y        -      -       -        y    .
GET  /people/{person}                        >      .      .        y        y        -      -       y        y    .
POST /people/{person}                        >      .      .        y        y        -      -       -        y    .
GET  /people/{person}/sign-in                >      .      .        -        y        -      -       -        y    .
POST /people/{person}/sign-in                >      .      .        -        y        -      -       -        y    .
GET  /villages/{village}/households          >      .      .        y        y        -      -       y        y    .
GET  /villages/{village}/households/new      >      .      .        y        y        -      -       -        y    .
POST /villages/{village}/households/new      >      .      .        y        y        -      -       -        y    .
GET  /villages/{village}/changes             >      .      .        y        y        -      -       y        y    .
GET  /households/{household}/changes/split   >      .      .        -        y        -      -       -        y    .
POST /households/{household}/changes/split   >      .      .        -        y        -      -       -        y    .
GET  /changes/{change}                       >      .      .        y        y        -      -       y        y    .
POST /changes/{change}/confirm               >      .      .        -        y        -      -       y        y    .
POST /changes/{change}/refuse                >      .      .        -        y        -      -       y        y    .
POST /changes/{change}/withdraw              >      .      .        .        .        -      -       .        .    .
GET  /home/earlier/{household}               >      .      .        .        .        .      .       .        .    =
GET  /me/data                                >      y      y        y        y        y      y       y        y    =
POST /me/data                                >      y      y        y        y        y      y       y        y    =
GET  /people/{person}/data                   >      .      .        -        y        -      -       -        y    .
POST /people/{person}/data                   >      .      .        -        y        -      -       -        y    .
GET  /areas/{village}/data-requests          >      .      .        -        y        -      -       -        y    .
GET  /data-requests/{data_request}           >      .      .        -        y        -      -       -        y    .
POST /data-requests/{data_request}           >      .      .        -        y        -      -       -        y    .
POST /data-requests/{data_request}/erase     >      .      .        -        -        -      -       -        y    .
GET  /me/kin                                 >      y      y        y        y        y      y       y        y    =
POST /me/kin                                 >      y      y        y        y        y      y       y        y    =
GET  /me/attendance                          >      y      y        y        y        y      y       y        y    =
POST /lines/{recorded}/attendance            >      y      .        .        .        .      .       .        .    .
GET  /report                                 >      y      y        y        y        y      y       y        y    =
POST /report                                 >      y      y        y        y        y      y       y        y    =
GET  /reports                                >      y      y        y        y        y      y       y        y    =
GET  /reports/{returned}/revise              >      y      .        .        .        .      .       .        .    .
POST /reports/{returned}/revise              >      y      .        .        .        .      .       .        .    .
POST /reports/{recorded}/withdraw            >      .      .        y        -        -      -       -        -    .
GET  /photos/{photo}                         >      .      .        y        y        y      -       y        -    .
GET  /people/{person}/kin                    >      .      .        -        y        -      -       -        -    .
POST /people/{person}/kin                    >      .      .        -        y        -      -       -        -    .
GET  /lines/{noticed}/object                 >      y      y        y        y        y      y       y        y    .
POST /lines/{noticed}/object                 >      y      y        y        y        y      y       y        y    .
GET  /notices/{notice}                       y      y      y        y        y        y      y       y        y    y
GET  /notices/{gathered}/hang                >      .      .        -        y        -      -       -        -    .
POST /notices/{gathered}/hang                >      .      .        -        y        -      -       -        -    .
GET  /notices/{notice}/sheets                y      y      y        y        y        y      y       y        y    y
GET  /notices/{notice}/slip                  >      .      .        y        y        y      -       y        y    .
POST /notices/{notice}/slip                  >      .      .        y        y        y      -       y        y    .
GET  /objections                             >      -      -        -        y        y      -       y        y    =
GET  /objections/{objection}                 >      .      .        -        y        y      -       y        y    .
POST /objections/{objection}                 >      .      .        -        y        y      -       y        -    .
GET  /villages/{village}/notices             y      y      y        y        y        y      y       y        y    y
POST /villages/{village}/notices             >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/notices/desk        >      .      .        -        y        -      -       y        y    .
GET  /openings/{opening}                     y      y      y        y        y        y      y       y        y    y
GET  /openings/{opening}/sheets              y      y      y        y        y        y      y       y        y    y
GET  /openings/{proposed}/hang               >      .      .        -        y        -      -       y        -    .
POST /openings/{proposed}/hang               >      .      .        -        y        -      -       y        -    .
POST /openings/{proposed}/drop               >      .      .        -        y        -      -       y        -    .
GET  /opening-lines/{opening_line}/object    >      y      y        y        y        y      y       y        y    .
POST /opening-lines/{opening_line}/object    >      y      y        y        y        y      y       y        y    .
GET  /opening-lines/{opening_line}/answer    >      .      .        -        y        y      -       y        y    .
POST /opening-lines/{opening_line}/answer    >      .      .        -        y        y      -       y        -    .
GET  /villages/{village}/openings            >      .      .        -        y        y      -       y        y    .
GET  /villages/{village}/openings/new        >      .      .        -        y        -      -       -        -    .
POST /villages/{village}/openings/new        >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/openings/type       >      .      .        -        y        -      -       -        -    .
POST /villages/{village}/openings/type       >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/openings/example.xlsx > .     .        -        y        -      -       -        -    .
GET  /opening-uploads/{opening_upload}       >      .      .        .        y        .      .       .        .    .
POST /opening-uploads/{opening_upload}       >      .      .        .        y        .      .       .        .    .
GET  /villages/{village}/expiry              >      .      .        -        y        y      -       y        y    .
GET  /expiries/{expiry}                      y      y      y        y        y        y      y       y        y    y
GET  /expiry-lines/{expiry_line}             y      y      y        y        y        y      y       y        y    y
GET  /expiries/{expiry}/households/{household}/object >  y  y       y        y        y      y       y        y    .
GET  /expiry-lines/{expiry_line}/answer      >      .      .        -        y        y      -       y        y    .
POST /villages/{village}/expiry              >      .      .        -        y        -      -       -        -    .
POST /expiry-rules/{expiry_rule}/adopt       >      .      .        -        y        -      -       y        -    .
POST /expiries/{expiry}/hang                 >      .      .        -        y        -      -       -        -    .
POST /expiries/{expiry}/households/{household}/object >  y  y       y        y        y      y       y        y    .
POST /expiry-lines/{expiry_line}/answer      >      .      .        -        y        y      -       y        -    .
POST /expiry-rules/{expiry_rule}/end         >      .      .        -        y        -      -       y        -    .
GET  /households/{household}/board           >      .      .        -        y        -      -       -        -    .
POST /households/{household}/board           >      .      .        -        y        -      -       -        -    .
GET  /me/board                               >      y      y        y        y        y      y       y        y    =
POST /me/board                               >      y      y        y        y        y      y       y        y    =
GET  /villages/{village}/board               y      y      y        y        y        y      y       y        y    y
GET  /villages/{village}/board/poster        y      y      y        y        y        y      y       y        y    y
GET  /complaints                             y      y      y        y        y        y      y       y        y    =
POST /complaints                             y      y      y        y        y        y      y       y        y    =
GET  /complaints/desk                        >      -      -        -        -        -      -       y        y    =
GET  /complaints/{complaint}                 >      .      .        -        -        -      -       y        y    .
POST /complaints/{complaint}                 >      .      .        -        -        -      -       y        y    .
GET  /villages/{village}/fund                >      .      .        -        y        y      -       y        y    .
POST /villages/{village}/fund                >      .      .        -        y        -      -       -        -    .
POST /fund/{entry}/cancel                    >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/fund/commit         >      .      .        -        y        -      -       -        -    .
POST /villages/{village}/fund/commit         >      .      .        -        y        -      -       -        -    .
GET  /commitments/{commitment}               >      .      .        -        y        y      -       y        y    .
POST /commitments/{commitment}               >      .      .        -        y        -      -       -        -    .
GET  /commitments/{commitment}/release       >      .      .        -        y        -      -       -        -    .
POST /commitments/{commitment}/release       >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/cover               >      .      .        -        y        y      -       y        y    .
GET  /villages/{village}/settlements         >      .      .        -        y        -      y       y        y    .
POST /villages/{village}/settlements         >      .      .        -        y        -      -       -        -    .
GET  /settlements/{settlement}               >      .      .        -        y        -      y       y        y    .
GET  /settlements/{settlement}/sheet         >      .      .        -        y        -      y       y        y    .
POST /settlements/{settlement}/sign          >      .      .        -        y        -      y       -        -    .
POST /settlements/{settlement}/drop          >      .      .        -        y        -      -       -        -    .
POST /settlements/{settlement}/pay           >      .      .        -        y        -      -       -        -    .
POST /settlements/{settlement}/close         >      .      .        -        -        -      y       -        -    .
GET  /robots.txt                             y      y      y        y        y        y      y       y        y    =
GET  /                                       y      y      y        y        y        y      y       y        y    =
GET  /villages/{village}                     y      y      y        y        y        y      y       y        y    y
GET  /villages/{village}/poster              y      y      y        y        y        y      y       y        y    y
GET  /villages/{village}/goods               y      y      y        y        y        y      y       y        y    y
POST /papers/rules/{village}                 >      y      y        y        y        y      y       y        y    y
POST /papers/passbook/{page}                 >      y      .        y        y        -      -       -        -    .
POST /papers/receipt/{receipt}               >      y      .        -        y        -      y       y        y    .
POST /papers/settlement/{settlement}         >      .      .        -        y        -      y       y        y    .
POST /papers/minutes/{sitting}               >      .      .        -        y        y      -       y        y    .
POST /papers/packet/{village}                >      .      .        -        y        y      -       y        y    .
GET  /villages/{village}/packet              >      .      .        -        y        y      -       y        y    .
GET  /households/{household}/passbook        >      y      .        y        y        -      -       -        -    .
POST /households/{household}/passbook/next   >      y      .        y        y        -      -       -        -    .
GET  /passbooks/{page}                       >      y      .        y        y        -      -       -        -    .
GET  /villages/{village}/passbooks           >      .      .        y        y        -      -       -        -    .
POST /villages/{village}/passbooks           >      .      .        y        y        -      -       -        -    .
GET  /check/{token}                          y      y      y        y        y        y      y       y        y    y
GET  /villages/{village}/rules               y      y      y        y        y        y      y       y        y    y
GET  /check                                  >      -      -        y        y        -      -       y        -    =
POST /check                                  >      -      -        y        y        -      -       y        -    =
GET  /decide                                 >      -      -        -        -        y      -       y        -    =
POST /decide                                 >      -      -        -        -        y      -       y        -    =
GET  /villages/{village}/sittings            >      .      .        -        y        y      -       y        y    .
POST /villages/{village}/sittings            >      .      .        -        y        y      -       -        -    .
GET  /sittings/{sitting}                     >      .      .        -        y        y      -       y        y    .
POST /sittings/{sitting}                     >      .      .        -        -        y      -       -        -    .
POST /sittings/{sitting}/attend              >      .      .        -        -        y      -       -        -    .
POST /sittings/{sitting}/close               >      .      .        -        y        y      -       -        -    .
GET  /villages/{village}/motions             >      .      .        y        y        y      -       y        y    .
GET  /villages/{village}/motions/new         >      .      .        y        y        y      -       -        -    .
POST /villages/{village}/motions/new         >      .      .        y        y        y      -       -        -    .
GET  /motions/{motion}                       >      .      .        y        y        y      -       y        y    .
POST /motions/{motion}                       >      .      .        -        -        y      -       -        -    .
GET  /areas/{village}/holidays               >      .      .        -        y        -      -       y        y    .
POST /areas/{village}/holidays               >      .      .        -        y        -      -       y        y    .
POST /holidays/{holiday}/remove              >      .      .        -        y        -      -       y        y    .
GET  /areas/{township}/limits                >      .      .        .        .        .      .       y        y    .
POST /areas/{township}/limits                >      .      .        .        .        .      .       y        y    .
GET  /areas/{county}/rule-book               >      .      .        y        y        y      -       y        y    =
POST /areas/{village}/rule-book/draft        >      .      .        -        y        -      -       -        -    .
GET  /rule-books/{draft}                     >      .      .        y        y        y      -       y        y    .
GET  /rule-books/{draft}/cost                >      .      .        y        y        y      -       y        y    .
GET  /rule-books/{draft}/sheet               >      .      .        y        y        y      -       y        y    .
POST /rule-books/{draft}/photo               >      .      .        -        y        -      -       -        -    .
GET  /rule-books/{draft}/upload              >      .      .        -        y        -      -       -        -    .
POST /rule-books/{draft}/upload              >      .      .        -        y        -      -       -        -    .
GET  /rule-uploads/{rule_upload}             >      .      .        .        y        .      .       .        .    .
POST /rule-uploads/{rule_upload}             >      .      .        .        y        .      .       .        .    .
GET  /rule-books/{draft}/adopt               >      .      .        -        y        -      -       -        -    .
POST /rule-books/{draft}/adopt               >      .      .        -        y        -      -       -        -    .
GET  /rule-books/{draft}/edit                >      .      .        -        y        -      -       -        -    .
POST /rule-books/{draft}/edit                >      .      .        -        y        -      -       -        -    .
GET  /villages/{village}/rule-book           >      .      .        y        y        y      -       y        y    .
GET  /me/password                            >      y      y        y        y        y      y       y        y    =
POST /me/password                            >      y      y        y        y        y      y       y        y    =
GET  /sign-in                                y      y      y        y        y        y      y       y        y    =
POST /sign-in                                y      y      y        y        y        y      y       y        y    =
POST /sign-out                               >      y      y        y        y        y      y       y        y    =
POST /sign-out-everywhere                    >      y      y        y        y        y      y       y        y    =
GET  /shops/{shop}                           >      .      .        -        y        -      y       y        y    .
GET  /tills/{till}/shift                     >      .      .        -        -        -      y       -        -    .
POST /tills/{till}/shift                     >      .      .        -        -        -      y       -        -    .
GET  /shifts/{shift}                         >      .      .        -        y        -      y       y        y    .
GET  /shifts/{shift}/take                    >      .      .        -        .        -      .       .        .    .
POST /shifts/{shift}/take                    >      .      .        -        .        -      .       .        .    .
GET  /shops/{shop}/shifts                    >      .      .        -        y        -      y       y        y    .
GET  /lock                                   >      y      y        y        y        y      y       y        y    =
POST /lock                                   >      y      y        y        y        y      y       y        y    =
POST /lock/now                               >      -      -        -        -        -      y       -        -    =
GET  /lock/stay                              >      y      y        y        y        y      y       y        y    =
GET  /lock/pin                               >      -      -        -        -        -      y       -        -    =
POST /lock/pin                               >      -      -        -        -        -      y       -        -    =
GET  /shops/{shop}/edit                      >      .      .        -        y        -      -       -        y    .
POST /shops/{shop}/edit                      >      .      .        -        y        -      -       -        y    .
POST /shops/{shop}/close                     >      .      .        -        y        -      -       -        y    .
POST /shops/{shop}/reopen                    >      .      .        -        y        -      -       -        y    .
GET  /shops/{shop}/hours                     >      .      .        -        y        -      -       -        y    .
POST /shops/{shop}/hours                     >      .      .        -        y        -      -       -        y    .
POST /shops/{shop}/days                      >      .      .        -        y        -      -       -        y    .
POST /shops/{shop}/days/clear                >      .      .        -        y        -      -       -        y    .
GET  /shops/{shop}/poster                    y      y      y        y        y        y      y       y        y    y
POST /shops/{shop}/tills                     >      .      .        -        y        -      -       -        y    .
GET  /villages/{village}/shops               >      .      .        -        y        -      y       y        y    .
GET  /villages/{village}/shops/new           >      .      .        -        y        -      -       -        y    .
POST /villages/{village}/shops/new           >      .      .        -        y        -      -       -        y    .
GET  /areas/{village}/staff                  >      .      .        -        y        -      -       y        y    .
GET  /areas/{village}/staff/new              >      .      .        -        -        -      -       -        y    .
POST /areas/{village}/staff/new              >      .      .        -        -        -      -       -        y    .
GET  /areas/{village}/staff/people/new       >      .      .        -        -        -      -       -        y    .
POST /areas/{village}/staff/people/new       >      .      .        -        -        -      -       -        y    .
GET  /roles                                  >      y      y        y        y        y      y       y        y    =
POST /roles/{role}/confirm                   >      .      .        -        y        -      -       y        y    .
POST /roles/{role}/end                       >      .      .        -        -        -      -       -        y    .
"""

FIELDS = {
    "/areas/{village}": {"kind": "lane", "name": "西巷"},
    "/people/{person}": {"name": "王秀英", "active": "y"},
    "/data-requests/{data_request}": {"verdict": "yes", "words": "同意"},
    "/changes/{change}/refuse": {"reason": "没有这事"},
    "/goods/{goods}/price": {"price": 31},
    "/villages/{village}/wishes": {"name": "雨伞"},
    "/wishes/{wish}/answer": {"here": "yes", "goods": 0},
    "/receipts/{receipt}/undo": {"reason": "拿错了"},
    "/papers/receipt/{receipt}": {"size": "58"},
    "/opening-lines/{opening_line}/answer": {"verdict": "keep", "reason": "查过旧账"},
    "/villages/{village}/expiry": {"years": 0, "minutes": "第9号"},
    "/expiry-rules/{expiry_rule}/end": {"reason": "不要了"},
    "/expiry-lines/{expiry_line}/answer": {"verdict": "due", "reason": "查过"},
    "/objections/{objection}": {"verdict": "dismiss", "reason": "查过"},
    "/motions/{motion}": {"verdict": "yes"},
    "/shops/{shop}/days/clear": {"day": "2026-11-20"},
    "/lines/{recorded}/withdraw": {"reason": "记错了"},
    "/reports/{recorded}/withdraw": {"reason": "报错了"},
    "/lines/{noticed}/object": {"text": "那晚没看见"},
}
"""What must be sent to get past the form, where more people may read the page than write to it."""

A_FEW = ("nobody", "owner", "clerk", "committee'")


@pytest.fixture
def places(world: World) -> dict[str, int | str]:
    """Let there be one of each thing that a route can be about, all of the own village and of its first household."""
    owner = world.villager()
    world.give_points(world.households[0], 50)
    held = world.card(owner)
    sale = world.by(world.clerk) | {"till_id": world.till, "card": held.number, "collector_id": owner.id}
    receipt = redemption.redeem(**sale, pin=held.pin, basket=[[world.rice, 1, 30]])
    [posted] = steps.posted(world, owner)
    [noticed] = steps.approved(world, owner)
    hung = steps.hung(world)
    objection = notice.object_to(**world.by(world.villager(1)), line_id=noticed, text="那晚没看见")
    [recorded] = steps.record(world, owner)
    act = {"person_id": owner.id, "item_id": world.item(14).id, "day": world.today, "quantity": 1, "note": ""}
    blank = photos.Picture(b"a JPEG", "0" * 64, 0, 1, 1)
    reported = report.report(**world.by(owner), **act, pictures=[blank])
    returned = Line.get(Line.contribution == reported).id
    Line.update(state="returned", refusal="看不清").where(Line.id == returned).execute()
    steps.approved(world, world.villager(2))
    draft = rule_book.start_draft(**world.by(world.committee[0]), area_id=world.village)
    day_off = {"name": "集市", "first": world.today + timedelta(days=9), "last": world.today + timedelta(days=9)}
    areas.add_holidays(**world.by(world.committee[0]), area_id=world.village, **day_off)
    joins = {"kind": "merge", "target_id": world.households[2].id, "reason": "并户", "day": world.today}
    role = {"person_id": world.villager(3).id, "area_id": world.village, "kind": "steward"}
    deed = {"household_id": world.households[0].id, "text": "照顾邻居老人", "points": 0, "period": "2026-11"}
    sheet = sheets.write("记录", roster.HEADS, [[world.today, 11, None, world.villager(2).name, 1, ""]])
    grant = {"kind": "grant", "fen": 100, "voucher": "7", "note": "", "day": world.today}
    entry = fund.enter(**world.by(world.committee[0]), village_id=world.village, **grant)
    reserved = {"village_id": world.village, "fen": 50, "purpose": "进货"}
    month = {"month": "2026-10", "receipts": 1, "points": 30, "undone": 0, "undone_points": 0, "fen": 3000}
    drawn = {"shop": world.shop, "village": world.village, "drawn_by": world.committee[0], "drawn_at": world.now}
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, picture=blank)
    rules = {"kind": "rules", "subject_id": world.village, "area_id": world.village, "title": "细则", "facts": []}
    return {
        "village": world.village,
        "entry": entry,
        "commitment": fund.commit(**world.by(world.committee[0]), **reserved),
        "settlement": Settlement.create(**drawn, **month).id,
        "complaint": complaint.complain(**world.by(owner), village_id=world.village, text="店里没人", contact=""),
        "sitting": council.open_sitting(**world.by(world.committee[0]), village_id=world.village, place="村委会"),
        "motion": council.propose_commendation(**world.by(world.committee[0]), village_id=world.village, **deed),
        "household": world.households[0].id,
        "change": change.propose(**world.by(world.committee[0]), household_id=world.households[0].id, **joins),
        "data_request": data_request.ask(**world.by(owner), kind="erase", words="要走了"),
        "person": owner.id,
        "card": card.print_card(**world.by(world.committee[0]), person_id=owner.id),
        "run": card.print_run(
            **world.by(world.committee[0]),
            village_id=world.village,
            person_ids=[world.villager(1).id],
            layout="a4",
            full_names=False,
        ),
        "contribution": Line.get_by_id(recorded).contribution_id,
        "recorded": recorded,
        "returned": returned,
        "photo": Photo.get(Photo.subject_id == reported).id,
        "noticed": noticed,
        "posted": posted,
        "notice": hung,
        "gathered": notice.open_notice(**world.by(world.committee[0]), village_id=world.village),
        "objection": objection,
        "receipt": receipt,
        "page": passbook.print_page(**world.by(owner), household_id=owner.household_id),
        "proxy": proxy.grant(**world.by(owner), name="钱外甥", until=world.today),
        "till": world.till,
        "reservation": steps.reserve(world, {world.goods["食盐400g"]: 1}),
        "shop": world.shop,
        "shift": Receipt.get_by_id(receipt).shift_id,
        "goods": world.rice,
        "wish": wish.wish(**world.by(owner), village_id=world.village, name="手电筒"),
        "goods_upload": goods.upload(
            **world.by(world.committee[1]), shop_id=world.shop, file_name="货.xlsx", given=[{"name": "大米5kg"}]
        ),
        "receiving": world.receive(world.rice, 1),
        **openings(world),
        **expiries(world),
        "stocktake": stocktake.start(**world.by(world.clerk), shop_id=world.shop),
        "draft": draft,
        "census": steps.census(world),
        "job": job.ask(
            **world.by(world.committee[1]), kind="archive", given={}, minutes=60
        ),  # its file is not made yet
        "roster": contribution.upload(
            **world.by(world.committee[1]), village_id=world.village, file_name="十一月.xlsx", rows=roster.read(sheet)
        ),
        "rule_upload": rule_book.upload(**world.by(world.committee[1]), book_id=draft, file_name="细则.xlsx", items=[]),
        "holiday": Holiday.get(Holiday.area == world.village).id,
        "token": Paper.get_by_id(paper.issue(**world.by(world.recorder), **rules)).token,
        "township": world.township,
        "county": world.county,
        "role": staff.grant(**world.by(world.admin), **role),
    }


def openings(world: World) -> dict[str, int]:
    """Leave an opening that hangs, its first line objected to; one that waits; and a sheet that is being read."""
    hung = steps.hung_opening(world, {world.households[0]: 40})
    line = OpeningLine.get(OpeningLine.opening == hung).id
    opening.object_to(**world.by(world.villager(3)), line_id=line, text="旧账上没有这么多")
    rows = '[[2, {"户号": "0001", "积分": 5}, []]]'
    read = {"village_id": world.village, "file_name": "旧账.xlsx", "rows": rows}
    return {
        "opening": hung,
        "opening_line": line,
        "proposed": steps.proposed_opening(world, {world.households[1]: 40}),
        "opening_upload": opening.upload(**world.by(world.committee[1]), **read),
    }


def expiries(world: World) -> dict[str, int]:
    """Leave a year-end whose list is public, a household's line on it objected to."""
    year, home = steps.expiring(world, hung=False), world.households[1]
    world.give_points(world.households[0], 5)
    about = {"expiry_id": year.id, "household_id": home.id, "text": "少算了一笔"}
    line = expiry.object_to(**world.by(world.villager(3)), **about)
    return {"expiry": year.id, "expiry_rule": year.rule_id, "expiry_line": line}


@pytest.fixture
def people(world: World) -> dict[str, Person | None]:
    """Name who stands for each role, and who for the same role elsewhere (``steward'``)."""
    elsewhere = world.open_area(world.county, "township", "山南镇")
    return {
        "nobody": None,
        "owner": world.villager(0),
        "villager": world.villager(1),
        "steward": world.recorder,
        "committee": world.committee[1],
        "council": world.council[0],
        "clerk": world.clerk,
        "supervisor": world.supervisor,
        "admin": world.second_admin,
        "villager'": world.people(world.other_household)[0],
        "steward'": world.other_steward,
        "committee'": world.other_committee,
        "council'": world.appoint("council", world.other_village, "柳评议", lane=world.other_lane),
        "clerk'": world.other_clerk,
        "supervisor'": world.appoint("supervisor", elsewhere, "南监督"),
        "admin'": world.appoint("admin", world.other_village, "柳管理", lane=world.other_lane),
    }


@pytest.fixture
def sessions(app: Flask, world: World, people: dict[str, Person | None]) -> dict[str, tuple[str, str]]:
    """Sign everyone in through the form, once; keep the cookie and the token of each."""
    kept = {}
    for name, person in people.items():
        browser = Browser(app, world)
        token = (browser.sign_in(person) if person else browser).forms("/me/password" if person else "/sign-in")[0]
        cookie = browser.client.get_cookie("points")
        assert cookie is not None
        kept[name] = cookie.value, token.values["csrf_token"]
    return kept


def test_every_route_answers_every_role_as_the_table_says(
    app: Flask, database: str, places: dict[str, int | str], sessions: dict[str, tuple[str, str]]
) -> None:
    """On SQLite every deed is done, and the file put back; on PostgreSQL a few people read and are refused."""
    file = database.removeprefix("sqlite:///")
    db.disconnect()
    if not db.is_postgresql():
        shutil.copyfile(file, f"{file}.before")
    wrong = []
    for method, path, expected in read_table():
        for who, answer in expected.items():
            if db.is_postgresql() and (who not in A_FEW or (method == "POST" and answer == "y")):
                continue
            cookie, token = sessions[who]
            client = app.test_client()
            client.set_cookie("points", cookie)
            form = {"csrf_token": token, "key": uuid4().hex, **FIELDS.get(path, {})}
            sent = form if method == "POST" else None
            found = client.open(path.format(**places), method=method, data=sent, buffered=True)
            if met(found) != answer:
                wrong.append(f"{method} {path} {who}: {answer} expected, {found.status}")
            if method == "POST" and met(found) == "y" and not db.is_postgresql():
                db.disconnect()
                shutil.copyfile(f"{file}.before", file)
    assert not wrong, "\n".join(wrong)


def test_the_table_names_every_route(app: Flask) -> None:
    adapter = app.url_map.bind("")
    listed = {(method, adapter.match(re.sub(r"{\w+}", "1", path), method)[0]) for method, path, _ in read_table()}
    routes = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert listed == routes


def read_table() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Give each row's method, path, and what each person is expected to meet."""
    head, *rows = TABLE.strip().splitlines()
    roles = head.split()
    for row in rows:
        method, path, *answers = row.split()
        expected = dict(zip(roles, answers, strict=True))
        away = expected.pop("away")
        for role in roles[2:-1]:
            expected[f"{role}'"] = expected[role] if away == "=" else away
        yield method, path, expected


def met(answer: TestResponse) -> str:
    """Put an answer into the table's signs."""
    if answer.status_code == 302 and "/sign-in" in answer.location:
        return ">"
    if answer.status_code in (403, 404):
        return {403: "-", 404: "."}[answer.status_code]
    return "y" if answer.status_code in (200, 302, 303, 409, 422) else answer.status
