"""Whether the program takes files from its users: decided once, before the page is built."""

from explorer.recipe.checks import RecipeError

OFF = "This server takes no files: no scans, saved pictures or directions. Saving still works."


class _Uploads:
    taken = True


def take_uploads(taken: bool) -> None:
    """From now on files are taken, or none is."""
    _Uploads.taken = taken


def uploads_taken() -> bool:
    return _Uploads.taken


def need_uploads() -> None:
    """Before a file is looked at; raises RecipeError where none is taken."""
    if not _Uploads.taken:
        raise RecipeError(OFF)
