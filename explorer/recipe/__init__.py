"""What determines a picture, and how it travels: the recipe, its checks, its files.

May import gan.
"""

from explorer.recipe.recipe import (
    MAX_SEED,
    MOST,
    Channel,
    Edit,
    Mix,
    Noise,
    Own,
    Recipe,
    Walk,
)

__all__ = ["MAX_SEED", "MOST", "Channel", "Edit", "Mix", "Noise", "Own", "Recipe", "Walk"]
