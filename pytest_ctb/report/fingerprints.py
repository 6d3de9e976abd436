"""What identifies a finding from one report to the next."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping

from pytest_ctb.model import Finding, Migration


class Fingerprints:
    """Fingerprints that stay the same while lines move: of guideline, file, and the line without indentation."""

    def __init__(self, files: Mapping[str, Migration]) -> None:
        self._files = files
        self._seen: Counter[str] = Counter()

    def of(self, finding: Finding) -> str:
        """The fingerprint of a finding; those on equal lines of a file are numbered."""
        file = self._files.get(finding.file)
        line = " ".join(file.source.line(finding.line).split()) if file else ""
        parts = (finding.code, finding.file, line or finding.message)
        digest = hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:16]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"
