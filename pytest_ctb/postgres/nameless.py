"""A name for the user that a server runs as, where this machine knows none: a container's arbitrary user id.

`initdb` asks for the name of its user and refuses to run without one, though it uses it nowhere. It is lent one: by
libnss_wrapper where that is installed, else in a user namespace of its own, where the machine lets one be made.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from typing import Any


def lent() -> Mapping[str, Any] | None:
    """What the guard does to lend a name, and what to say where that does not help; None for a user who has one."""
    number = os.geteuid()
    if _has_name(number):
        return None
    from ctypes.util import find_library  # noqa: PLC0415  # it starts processes

    others = [one.pw_uid for one in pwd.getpwall() if one.pw_uid not in {0, number}]
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
