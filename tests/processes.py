"""Read the memory of processes from Linux."""

from __future__ import annotations

from pathlib import Path


def resident_bytes(process_id: int, *fields: str) -> int:
    """The resident memory of a process: the sum of these fields of `/proc/[pid]/status` (default: VmRSS, all of it)."""
    lines = Path(f"/proc/{process_id}/status").read_text("utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return sum(int(status[name].split()[0]) * 1024 for name in fields or ("VmRSS",))


resident = resident_bytes  # the former name
