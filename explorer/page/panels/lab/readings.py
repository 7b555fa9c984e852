"""Claims and their numbers as the page gets them: JSON, with each number written out too."""

from dataclasses import asdict

from explorer.lab.claims import Claim, Reading


def claim_of(claim: Claim) -> dict:
    return {
        "title": claim.title, "says": claim.says, "opposite": claim.opposite,
        "notes": list(claim.notes), "readings": [reading_of(r) for r in claim.readings],
    }  # fmt: skip


def reading_of(reading: Reading) -> dict:
    """Its numbers for a chart, and written."""
    return {**asdict(reading), "says": str(reading)}
