"""Who may see a drawn reply: readers all but their own unit's, a unit its own once it was told."""

from __future__ import annotations

from alerts.accounts_users import User
from alerts.review import Reading
from alerts.review_moves import READERS

READING_FAR = "这件评阅不在您的范围内；本单位的答复在评定后通知单位时才能查看。"


def sees_reading(user: User, one: Reading) -> bool:
    """Say whether somebody may see a drawn reply.

    To read replies of other units is a reader's task, so departments don't limit it; counties do.
    """
    if user.counties and one.county not in user.counties:
        return False
    if one.unit in user.units:
        return one.heard
    return user.role in READERS
