"""Accounts: codes, roles, passwords, logins."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from analyzer.errors import InputError
from analyzer.library import Library
from analyzer.library.tables import PERSON_ROLES, Login, Person

LEAST_PASSWORD = 12
"""Characters; a memorised secret needs length rather than odd characters (NIST SP 800-63B, 2017; expert opinion)."""
FREE_FAILURES = 5
LONGEST_LOCK = timedelta(hours=1)
LOGIN_LASTS = timedelta(hours=8)
_CODE = re.compile(r"[\w][\w.@-]{0,63}")
_HASHER = PasswordHasher()
_DUMMY = _HASHER.hash("no account has this password")


def add_person(library: Library, by: Person | None, code: str, role: str, password: str = "") -> Person:
    """Add somebody.

    Args:
        library: to add to.
        by: an administrator, a supervisor for trainees, or None for the first person and on the owner's own machine.
        code: letters, digits, and ``._@-``; no name is asked for.
        role: trainee, supervisor or administrator.
        password: needed for those who log in.

    Raises:
        InputError: where the code is taken or unusable, the role is none, the password too short, or ``by`` may not.
    """
    if not _CODE.fullmatch(code):
        raise InputError("a code is up to 64 letters, digits and ._@- and begins with a letter or digit")
    if role not in PERSON_ROLES:
        raise InputError(f"{role}: no such role; there are {', '.join(PERSON_ROLES)}")
    if by is not None and by.role != "administrator" and not (by.role == "supervisor" and role == "trainee"):
        raise InputError("accounts are an administrator's; a supervisor may add trainees")
    hashed = hash_password(password) if password else ""
    with library.database.write() as transaction:
        if transaction.scalar(select(Person).where(Person.code == code)):
            raise InputError(f"{code}: somebody has this code already")
        person = Person(code=code, role=role, password=hashed)
        transaction.add(person)
        transaction.flush()
        library.log(transaction, by or person, f"add {role}", code)
    return person


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password.

    Raises:
        InputError: where it is too short.
    """
    if len(password) < LEAST_PASSWORD:
        raise InputError(f"a password has at least {LEAST_PASSWORD} characters")
    return _HASHER.hash(password)


def set_password(library: Library, by: Person, code: str, password: str) -> None:
    """Give somebody a new password and end their logins.

    Raises:
        InputError: where there is nobody, or ``by`` is neither that person nor an administrator.
    """
    hashed = hash_password(password)
    with library.database.write() as transaction:
        person = transaction.scalar(select(Person).where(Person.code == code))
        if person is None or (by.id != person.id and by.role != "administrator"):
            raise InputError(f"{code}: nobody whose password you may set")
        person.password, person.failures, person.locked_until = hashed, 0, None
        transaction.execute(delete(Login).where(Login.person_id == person.id))
        library.log(transaction, by, "set password", code)


def disable(library: Library, by: Person, code: str) -> None:
    """Close an account and its logins; what the person said stays.

    Raises:
        InputError: where there is nobody, or ``by`` may not.
    """
    with library.database.write() as transaction:
        person = transaction.scalar(select(Person).where(Person.code == code))
        if person is None:
            raise InputError(f"{code}: nobody in the library has this code")
        if by.role != "administrator" and not (by.role == "supervisor" and person.role == "trainee"):
            raise InputError("accounts are an administrator's; a supervisor may disable trainees")
        person.disabled = True
        transaction.execute(delete(Login).where(Login.person_id == person.id))
        library.log(transaction, by, "disable", code)


def list_people(library: Library) -> list[Person]:
    """Return everybody, by code."""
    with library.database.read() as transaction:
        return list(transaction.scalars(select(Person).order_by(Person.code)))


def log_in(library: Library, code: str, password: str) -> tuple[str, Login]:
    """Check a password and open a login.

    After five wrong ones in a row an account is locked for a minute, then for twice as long each time, an hour at most.
    An unknown code takes as long as a wrong password.

    Returns:
        The token for the cookie, and what was stored of it.

    Raises:
        InputError: where it is wrong or the account is locked or disabled.
    """
    now = library.clock()
    with library.database.write() as transaction:
        person = transaction.scalar(select(Person).where(Person.code == code))
        locked = person is not None and person.locked_until is not None and person.locked_until > now
        right = _matches(person.password if person else "", password)
        if person is None or person.disabled or locked or not right:
            if person is not None and not locked:
                person.failures += 1
                if person.failures >= FREE_FAILURES:
                    minutes = 2 ** min(person.failures - FREE_FAILURES, 10)
                    person.locked_until = now + min(timedelta(minutes=minutes), LONGEST_LOCK)
                library.log(transaction, person, "login refused", code)
            reason = "too many wrong passwords; wait and try again" if locked else "wrong code or password"
        else:
            person.failures, person.locked_until = 0, None
            library.log(transaction, person, "login", code)
            reason = ""
    if reason or person is None:
        raise InputError(reason)
    return open_login(library, person)


def open_login(library: Library, person: Person) -> tuple[str, Login]:
    """Open a login without asking for a password; only for whom the machine itself vouches."""
    token = secrets.token_urlsafe(32)
    login = Login(
        token=_digest(token), person_id=person.id, csrf=secrets.token_urlsafe(32), expires=library.clock() + LOGIN_LASTS
    )
    with library.database.write() as transaction:
        transaction.execute(delete(Login).where(Login.expires < library.clock()))
        transaction.add(login)
    return token, login


def find_login(library: Library, token: str) -> tuple[Person, Login] | None:
    """Return who holds a token, or None where it is unknown or has run out."""
    with library.database.read() as transaction:
        login = transaction.get(Login, _digest(token))
        if login is None or login.expires < library.clock():
            return None
        person = transaction.get(Person, login.person_id)
        return None if person is None or person.disabled else (person, login)


def log_out(library: Library, token: str) -> None:
    """End a login; a copy of its cookie is worth nothing from now on."""
    with library.database.write() as transaction:
        transaction.execute(delete(Login).where(Login.token == _digest(token)))


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed or _DUMMY, password) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
