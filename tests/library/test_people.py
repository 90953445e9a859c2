"""Accounts and logins."""

from datetime import timedelta

import pytest
from analyzer.errors import InputError
from analyzer.library.people import (
    add_person,
    disable,
    find_login,
    list_people,
    log_in,
    log_out,
    open_login,
    set_password,
)
from analyzer.library.tables import Login, Person
from sqlalchemy import select

PASSWORD = "a long enough password"


def test_passwords_are_hashed_and_checked(library):
    add_person(library, None, "S1", "supervisor", PASSWORD)
    (person,) = list_people(library)
    assert person.password.startswith("$argon2id$")
    assert PASSWORD not in person.password
    token, login = log_in(library, "S1", PASSWORD)
    assert token not in login.token
    found, _ = find_login(library, token)
    assert found.code == "S1"
    for code, password in (("S1", "wrong"), ("S2", PASSWORD), ("S1", "")):
        with pytest.raises(InputError, match="wrong code or password"):
            log_in(library, code, password)
    log_out(library, token)
    assert find_login(library, token) is None


def test_logins_run_out_and_end_with_the_account(library, clock):
    administrator = add_person(library, None, "A1", "administrator", PASSWORD)
    trainee = add_person(library, administrator, "T1", "trainee", PASSWORD)
    token, _ = open_login(library, trainee)
    assert find_login(library, token)
    clock.now += timedelta(hours=9)
    assert find_login(library, token) is None
    token, _ = log_in(library, "T1", PASSWORD)
    disable(library, administrator, "T1")
    assert find_login(library, token) is None
    with pytest.raises(InputError, match="wrong code or password"):
        log_in(library, "T1", PASSWORD)
    with pytest.raises(InputError, match="nobody"):
        library.person("T1")


def test_wrong_passwords_lock_for_longer_each_time(library, clock):
    add_person(library, None, "S1", "supervisor", PASSWORD)
    for _ in range(5):
        with pytest.raises(InputError, match="wrong"):
            log_in(library, "S1", "guess")
    with pytest.raises(InputError, match="wait"):
        log_in(library, "S1", PASSWORD)
    clock.now += timedelta(minutes=1, seconds=1)
    with pytest.raises(InputError, match="wrong"):
        log_in(library, "S1", "guess")
    clock.now += timedelta(minutes=1, seconds=1)
    with pytest.raises(InputError, match="wait"):
        log_in(library, "S1", PASSWORD)
    clock.now += timedelta(minutes=1)
    assert log_in(library, "S1", PASSWORD)
    with library.database.read() as transaction:
        assert transaction.scalar(select(Person.failures)) == 0


def test_a_new_password_ends_logins(library):
    administrator = add_person(library, None, "A1", "administrator", PASSWORD)
    supervisor = add_person(library, administrator, "S1", "supervisor", PASSWORD)
    token, _ = log_in(library, "S1", PASSWORD)
    set_password(library, supervisor, "S1", "another long password")
    assert find_login(library, token) is None
    assert log_in(library, "S1", "another long password")
    with pytest.raises(InputError, match="may set"):
        set_password(library, supervisor, "A1", "another long password")
    with pytest.raises(InputError, match="at least 12"):
        set_password(library, administrator, "S1", "short")


def test_who_may_add_and_close_accounts(library, people):
    trainee, _, supervisor = people(library)
    with pytest.raises(InputError, match="administrator's"):
        add_person(library, trainee, "T9", "trainee")
    with pytest.raises(InputError, match="administrator's"):
        add_person(library, supervisor, "S9", "supervisor")
    assert add_person(library, supervisor, "T9", "trainee").code == "T9"
    with pytest.raises(InputError, match="already"):
        add_person(library, None, "T9", "trainee")
    for code in ("", " ", "a b", "<b>", "x" * 65, "../x"):
        with pytest.raises(InputError, match="a code is"):
            add_person(library, None, code, "trainee")
    with pytest.raises(InputError, match="no such role"):
        add_person(library, None, "T10", "owner")
    with pytest.raises(InputError, match="supervisor may disable trainees"):
        disable(library, supervisor, "S1")
    with pytest.raises(InputError, match="nobody"):
        disable(library, supervisor, "T99")


def test_the_database_alone_opens_no_door(local):
    person = add_person(local, None, "S1", "supervisor", PASSWORD)
    token, _ = open_login(local, person)
    with local.database.read() as transaction:
        (login,) = transaction.scalars(select(Login))
    assert token not in (login.token, login.csrf)
    assert find_login(local, login.token) is None


def test_who_acts_where_nobody_is_named(local):
    with pytest.raises(InputError, match="empty"):
        local.person(None)
    add_person(local, None, "T1", "trainee")
    assert local.person(None).code == "T1"
    add_person(local, None, "T2", "trainee")
    with pytest.raises(InputError, match="--as"):
        local.person(None)
