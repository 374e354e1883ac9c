"""What processes of this machine have, as Linux tells it."""

from __future__ import annotations

from pathlib import Path


def resident(process: int, *kinds: str) -> int:
    """Bytes that a process has in memory, of these kinds by their names in `/proc/[pid]/status`; of all where none is named."""
    told = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines())
    return sum(int(told[kind].split()[0]) * 1024 for kind in kinds or ("VmRSS",))
