"""A user name for initdb, where the user has none: an arbitrary user ID in a container, say.

`initdb` refuses to run without a user name, though it uses it nowhere. It gets one from libnss_wrapper where that is
installed, else in a user namespace, where the machine allows one.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import Any


def substitute_user() -> Mapping[str, Any] | None:
    """What the guard needs to give initdb a user name, and the remedy where that fails; None for a user who has one."""
    number = os.geteuid()
    if _has_name(number):
        return None
    from ctypes.util import find_library  # noqa: PLC0415  # it starts processes

    others = [user.pw_uid for user in pwd.getpwall() if user.pw_uid not in {0, number}]
    return {
        "library": find_library("nss_wrapper"),
        "entry": f"ctb:x:{number}:{os.getegid()}::/:/bin/false",
        "uid": others[0] if others else None,
        "remedy": (
            f"The user id {number} has no entry in /etc/passwd, and initdb runs for no user without a name. "
            "Any of: run as a user who has one; add one where the image is built "
            f"(echo 'ctb:x:{number}:0::/tmp:/bin/sh' >> /etc/passwd); install libnss_wrapper "
            "(Debian: apt-get install libnss-wrapper); give the URL of a server (--ctb-postgres)."
        ),
    }


def _has_name(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True
