"""Measuring programs against each other: interleaved runs, medians, and how far the machine can be trusted meanwhile."""

import os
import statistics
import subprocess
import sys
import time

CORES = os.cpu_count() or 1
NOISY = 0.1  # share of the processors' time that others took, from which on a figure is marked


class Failed(Exception):
    """A program that did not end well."""


class Usage:
    """What one run took: `wall` and `cpu` (user and system) in seconds, and the share of all processors' time that went
    to `others` meanwhile."""

    def __init__(self, wall, cpu, others=0.0):
        self.wall, self.cpu, self.others = wall, cpu, others


class Timing:
    """Medians over runs. `spread` is (slowest - fastest) / median of the processor time."""

    def __init__(self, usages):
        self.wall = statistics.median(usage.wall for usage in usages)
        self.cpu = statistics.median(usage.cpu for usage in usages)
        self.others = statistics.median(usage.others for usage in usages)
        times = [usage.cpu for usage in usages]
        self.spread = (max(times) - min(times)) / self.cpu if self.cpu > 0 else 0.0
        self.runs = len(usages)

    def as_json(self):
        return {"wall": round(self.wall, 6), "cpu": round(self.cpu, 6), "spread": round(self.spread, 4),
                "others": round(self.others, 4), "runs": self.runs}


def busy_seconds():
    """Processor time that the whole machine has spent since its start, stolen time included."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def run(command, stdin=None):
    """Runs a command, its standard output thrown away. `stdin`: name of a file. Errors: Failed, with what it said."""
    with open(stdin or os.devnull, "rb") as source, open(os.devnull, "wb") as sink:
        before, begun = busy_seconds(), time.perf_counter()
        with subprocess.Popen(command, stdin=source, stdout=sink, stderr=subprocess.PIPE) as child:
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        spent = busy_seconds() - before
    if child.returncode != 0:
        raise Failed("%s: exit status %d\n%s" % (" ".join(command), child.returncode, said.decode(errors="replace")))
    others = max(0.0, spent - usage.ru_utime - usage.ru_stime) / (CORES * max(wall, 0.02))
    return Usage(wall, usage.ru_utime + usage.ru_stime, min(1.0, others))


# A program's peak as the system tells it counts what its parent took, before the program replaced it: hence a small one.
PEAK = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); " \
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"


def peak_memory(command):
    """Bytes of a command's largest resident set. Errors: Failed, with what it said."""
    done = subprocess.run([sys.executable, "-S", "-c", PEAK, *command], capture_output=True, check=False)
    if done.returncode != 0:
        raise Failed("%s\n%s" % (" ".join(command), done.stderr.decode(errors="replace")))
    return int(done.stdout)


def interleave(works, runs, warm=True):
    """Calls each work (which returns a Usage) once to warm up, then all of them in turn, `runs` times: a list of
    Timings. With `runs` = 1 nothing is warmed up."""
    if warm and runs > 1:
        for work in works:
            work()
    usages = [[] for _ in works]
    for turn in range(runs):
        order = range(len(works)) if turn % 2 == 0 else reversed(range(len(works)))
        for place in order:
            usages[place].append(works[place]())
    return [Timing(list_) for list_ in usages]


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"


def load_warning():
    """A sentence if the machine has more to do than is good for measuring, else an empty string."""
    load = os.getloadavg()[0]
    if load <= 0.5:
        return ""
    return ("the load is %.1f on %d processors: other programs compute on this machine. Ratios of processor time mean "
            "more than those of elapsed time, and neither means much" % (load, CORES))
