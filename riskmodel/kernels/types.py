"""Types that all layers use."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
EffectKind: TypeAlias = Literal["add", "at_least", "at_most"]
"""The kinds of effects of rules, in the order in which they apply."""
Better: TypeAlias = Literal["high", "low"]
"""The better end of a score."""
