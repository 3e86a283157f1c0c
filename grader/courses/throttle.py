"""Slows down whoever tries passwords, and locks nobody out of their own account.

Counted in the database, so that it holds with several processes and after a restart. Three limits in a quarter of an
hour: for an address, for an account from an address, and for an account from everywhere. The last one would let anybody
keep somebody else out; so a browser in which somebody has signed in before carries a mark (`device`), and is counted
for itself.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from grader.courses.accounts import folded
from grader.courses.database import alone
from grader.courses.tables import Try
from grader.store.tables import now

_WINDOW = timedelta(minutes=15)
_OF_ADDRESS, _OF_BOTH, _OF_ACCOUNT = 60, 5, 40  # a lab behind one address signs in at once, and mistypes


def admit(db: Session, login: str, address: str, device: str = "") -> int:
    """Whether a password may be tried now: 0, and the try is counted, or how many seconds to wait. It is counted before
    it is made, so that many at once gain nothing."""
    moment = now()
    db.execute(delete(Try).where(Try.at < moment - _WINDOW))
    limits = _limits(login, address, device)
    for what in sorted(limits):  # in one order, so that no two wait for each other
        alone(db, f"try {what}")
    wait = max(_wait(db, what, most, moment) for what, most in limits.items())
    if not wait:
        db.add_all(Try(what=what, at=moment) for what in limits)
    return wait


def forgive(db: Session, login: str, address: str, device: str = "") -> None:
    """The password was right: what this person mistyped here counts no more, and this try nowhere. What others tried
    with the same account goes on counting."""
    for what, most in _limits(login, address, device).items():
        if most == _OF_BOTH:
            db.execute(delete(Try).where(Try.what == what))
        else:
            latest = select(Try.id).where(Try.what == what).order_by(Try.id.desc()).limit(1).scalar_subquery()
            db.execute(delete(Try).where(Try.id == latest))


def _limits(login: str, address: str, device: str) -> dict[str, int]:
    who, where = folded(login), _network(address)
    if device:
        return {_hash("address", where): _OF_ADDRESS, _hash("device", who, device): _OF_BOTH}
    return {
        _hash("address", where): _OF_ADDRESS,
        _hash("both", who, where): _OF_BOTH,
        _hash("account", who): _OF_ACCOUNT,
    }


def _wait(db: Session, what: str, most: int, moment: datetime) -> int:
    asked = select(Try.at).where(Try.what == what).order_by(Try.at.desc()).offset(most - 1).limit(1)
    first = db.scalars(asked).first()
    return 0 if first is None else max(1, math.ceil((first + _WINDOW - moment).total_seconds()))


def _network(address: str) -> str:
    """An address; of IPv6 the network, for one machine has as many addresses as it likes."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def _hash(*parts: str) -> str:
    """Nothing readable: people type passwords where their name belongs."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
