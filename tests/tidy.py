#!/usr/bin/env python3
"""tidy.py [-j N] [FILE...]: clang-tidy over these sources, or all of lib/ and cmd/; any warning fails.

A source that was found clean is looked at again when its bytes, those of what it includes, its command or .clang-tidy
have changed: a run that was stopped goes on where it was, and after a change only what it touches is looked at. Needs
build/release to be built. Exit status: 0 all clean, 1 warnings, 2 it could not run."""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import re
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
BUILD = os.path.join(ROOT, "build", "release")
CLEAN = os.path.join(BUILD, "tidy")  # a file for each source, with the digest it was clean with


@functools.lru_cache(maxsize=None)
def inside(path):
    """The path from the root, links resolved, or None for what is not of the repository."""
    path = os.path.relpath(os.path.realpath(path), ROOT)
    return None if path.startswith(("..", "build" + os.sep)) else path


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()


def read_commands():
    """Source to (object, command)."""
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    return {inside(entry["file"]): (re.search(r" -o (\S+)", entry["command"]).group(1), entry["command"])
            for entry in entries}


def read_includes():
    """Object to what it was made from, of the repository."""
    includes, found = {}, None
    for line in output_of("ninja", "-C", BUILD, "-t", "deps").splitlines():
        if line.startswith(" "):
            found.append(line.strip())
        elif ": #deps" in line:
            found = includes[line.split(": #deps")[0]] = []
    return {name: sorted(filter(None, (inside(os.path.join(BUILD, path)) for path in paths)))
            for name, paths in includes.items()}


def digest(command, paths, version):
    sha = hashlib.sha256(("%s\n%s\n" % (version, command)).encode())
    for path in [".clang-tidy", *paths]:
        with open(os.path.join(ROOT, path), "rb") as file:
            content = file.read()
        sha.update(("%s %d\n" % (path, len(content))).encode() + content)
    return sha.hexdigest()


def was_clean(source, wanted):
    try:
        with open(os.path.join(CLEAN, source), encoding="ascii") as file:
            return file.read() == wanted
    except FileNotFoundError:
        return False


def look_at(source, wanted):
    """What clang-tidy says of a source; nothing if it is clean, which is remembered."""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", BUILD, source], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    said = done.stdout.decode(errors="replace")
    if done.returncode == 0 and not said.strip():
        os.makedirs(os.path.dirname(os.path.join(CLEAN, source)), exist_ok=True)
        with open(os.path.join(CLEAN, source), "w", encoding="ascii") as file:
            file.write(wanted)
        return ""
    return said or done.stderr.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description="clang-tidy over sources that have changed since they were clean")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="that run at a time [processors]")
    parser.add_argument("files", nargs="*", metavar="FILE", help="sources [all of lib/ and cmd/]")
    options = parser.parse_args()
    commands, includes = read_commands(), read_includes()
    version = output_of("clang-tidy", "--version")
    sources = [inside(file) for file in options.files] or sorted(
        source for source in commands if source and source.startswith(("lib/", "cmd/")))
    wanted = {}
    for source, file in zip(sources, options.files or sources):
        if source not in commands or commands[source][0] not in includes:
            raise OSError("%s is not in build/release: is it a source, and is that built?" % file)
        wanted[source] = digest(commands[source][1], includes[commands[source][0]], version)
    todo = [source for source in sources if not was_clean(source, wanted[source])]
    print("%d sources, %d of them clean already" % (len(sources), len(sources) - len(todo)), flush=True)
    faulty = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as crew:
        for source, said in zip(todo, crew.map(look_at, todo, [wanted[source] for source in todo])):
            if said:
                faulty.append(source)
                print(said, flush=True)
    if faulty:
        print("not clean: %s" % " ".join(faulty))
    return 1 if faulty else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(2)
    except (OSError, subprocess.CalledProcessError) as error:
        print("tidy.py: %s" % error, file=sys.stderr)
        sys.exit(2)
