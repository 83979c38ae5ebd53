"""The night's purse where model requests are made: no request of a night is sent that is not reserved for.

Prevents a run of many steps from passing a cap between its beginning and its end: each request of it is a call of its
own, and one that could pass a cap is not sent; the run stays open and goes on when the night does.
"""

import threading
from collections.abc import Callable

from agents.errors import BudgetSpent
from optimizer.purse import Amount, Purse, PurseEmpty
from traces.events import ModelReplied


class NightTill:
    """Reserves for each request what the dearest one so far took.

    Args:
        purse: pays.
        first: tokens to expect of a request while none is known.
        check: the house's own daily budget; raises BudgetSpent.
    """

    def __init__(self, purse: Purse, first: Callable[[], float], check: Callable[[str], None]) -> None:
        self._purse = purse
        self._first = first
        self._check = check
        self._dearest: Amount | None = None
        self._lock = threading.Lock()

    def reserve(self, agent: str) -> Amount:
        """Set aside what one request may take.

        Raises:
            PurseEmpty: it could pass a cap, or the house's budget for today is spent.
        """
        try:
            self._check(agent)
        except BudgetSpent as spent:
            raise PurseEmpty(str(spent), hint=spent.hint) from spent
        with self._lock:
            expected = self._dearest or Amount(self._first(), 0.0)
        return self._purse.reserve(Amount(expected.tokens, expected.dollars, requests=1))

    def settle(self, held: object, replied: ModelReplied | None, requests: int) -> None:
        """Put what it cost in the place of what was set aside."""
        assert isinstance(held, Amount)
        paid = Amount(requests=requests)
        if replied is not None:
            paid += Amount(replied.input_tokens + replied.output_tokens, replied.cost or 0.0)
            with self._lock:
                known = self._dearest or Amount()
                self._dearest = Amount(max(known.tokens, paid.tokens), max(known.dollars, paid.dollars))
        self._purse.settle(held, paid, counts=False)
