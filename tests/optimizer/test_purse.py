"""The purse: reserved before, settled after, never over by more than what is under way."""

import threading

import pytest

from optimizer.purse import Amount, Caps, Purse, PurseEmpty, TooManyErrors


def test_a_call_that_could_pass_a_cap_is_refused() -> None:
    """What is reserved counts as spent until it is settled."""
    purse = Purse(Caps(tokens=100))
    held = purse.reserve(Amount(tokens=60))
    with pytest.raises(PurseEmpty, match="100 tokens"):
        purse.reserve(Amount(tokens=60))
    purse.settle(held, Amount(tokens=20))
    purse.reserve(Amount(tokens=60))


def test_an_interrupted_night_goes_on_with_what_it_had_spent() -> None:
    """Neither money nor minutes start anew."""
    purse = Purse(Caps(dollars=1.0, minutes=10), spent=Amount(dollars=0.9), seconds=540)
    with pytest.raises(PurseEmpty, match="dollars"):
        purse.reserve(Amount(dollars=0.2))
    with pytest.raises(PurseEmpty, match="minutes"):
        Purse(Caps(minutes=10), seconds=601).reserve(Amount())


def test_many_threads_cannot_pass_the_cap_together() -> None:
    """Of forty threads that want one rollout each, the cap's seven get one."""
    purse = Purse(Caps(rollouts=7))
    got: list[int] = []

    def want() -> None:
        try:
            purse.settle(purse.reserve(Amount(rollouts=1)), Amount(rollouts=1))
            got.append(1)
        except PurseEmpty:
            pass

    threads = [threading.Thread(target=want) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 7
    assert purse.spent.rollouts == 7


def test_a_night_of_broken_calls_stops_itself() -> None:
    """Three in a row without one success are enough; after that, more than half."""
    purse = Purse(Caps())
    purse.settle(Amount(), Amount(), error="no weights")
    purse.settle(Amount(), Amount(), error="no weights")
    with pytest.raises(TooManyErrors, match="no weights"):
        purse.settle(Amount(), Amount(), error="no weights")


def test_a_few_broken_calls_among_many_are_borne() -> None:
    """One in three is under the limit of half."""
    purse = Purse(Caps())
    for number in range(30):
        purse.settle(Amount(), Amount(), error="now and then" if number % 3 == 2 else "")
