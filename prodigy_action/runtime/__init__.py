"""The effect system. It does not depend on the rest of the product."""

from prodigy_action.runtime.bracket import bracket
from prodigy_action.runtime.constructors import asks, effect, from_async_fn, pure, sequence, within
from prodigy_action.runtime.effect import Effect
from prodigy_action.runtime.outcome import Failed, Ok, Outcome, value_of
from prodigy_action.runtime.parallel import par_all, par_all_limit
from prodigy_action.runtime.timeout import EffectTimedOut

__all__ = [
    "Effect",
    "EffectTimedOut",
    "Failed",
    "Ok",
    "Outcome",
    "asks",
    "bracket",
    "effect",
    "from_async_fn",
    "par_all",
    "par_all_limit",
    "pure",
    "sequence",
    "value_of",
    "within",
]
