#!/usr/bin/env python3
"""Runs a command and writes what it took: timed.py OUT.json COMMAND...

OUT.json: {"seconds": elapsed, "cpu": processor seconds of the command and its children, "peak": bytes of memory}."""

import json
import os
import resource
import subprocess
import sys
import time


def main():
    out, command = sys.argv[1], sys.argv[2:]
    begun = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {"seconds": round(time.monotonic() - begun, 2), "cpu": round(usage.ru_utime + usage.ru_stime, 2),
             "peak": usage.ru_maxrss * 1024}
    with open(out + ".new", "w", encoding="utf-8") as file:
        json.dump(taken, file)
    os.rename(out + ".new", out)
    return status if status >= 0 else 2


if __name__ == "__main__":
    sys.exit(main())
