"""How fast this machine is, of late."""

from collections import deque
from statistics import median

_FIRST = 3e10  # multiplications a second, until some were timed
_TELLING = 1e8  # multiplications: what has fewer spends its time on other things


class Pace:
    """Multiplications a second that networks were seen to make."""

    def __init__(self):
        self._rates = deque(maxlen=9)

    def tell(self, multiplications: float, seconds: float) -> None:
        if multiplications > _TELLING and seconds > 0:
            self._rates.append(multiplications / seconds)

    @property
    def rate(self) -> float:
        return median(self._rates) if self._rates else _FIRST
