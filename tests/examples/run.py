#!/usr/bin/env python3
"""Runs the examples of a document: every ```sh block, in order, in one scratch folder.

    run.py --pnlp BUILD/cmd/pnlp --source FOLDER DOCUMENT...

A document is Markdown (fenced blocks marked sh) or an mdoc man page (literal displays and .Dl lines of its
EXAMPLES section, with or without "$ " before a command). `pnlp` is on the PATH and `testdata` is at hand,
as if one stood in the clone. A Markdown block marked `output` right after a sh block is compared with what that
block printed. Exits 1 if a block fails or prints something else, or if a document has no example.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile


class Example:
    def __init__(self, line, script):
        self.line, self.script, self.output = line, script, None


def markdown_examples(text):
    examples = []
    fence = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for match in fence.finditer(text):
        if match.group(1) == "sh":
            examples.append(Example(text.count("\n", 0, match.start()) + 2, match.group(2)))
        elif match.group(1) == "output":
            examples[-1].output = match.group(2)
    return examples


def plain(line):
    """The text of an mdoc line: escapes for backslash, hyphen and quotes undone."""
    for escape, char in ((r"\(aq", "'"), (r"\(dq", '"'), (r"\-", "-"), (r"\&", ""), (r"\ti", "~"), (r"\e", "\\")):
        line = line.replace(escape, char)
    return line[2:] if line.startswith("$ ") else line


def man_examples(text):
    examples, inside, display = [], False, None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(".Sh "):
            inside = line == ".Sh EXAMPLES"
        elif not inside:
            continue
        elif line.startswith(".Bd -literal"):
            display = Example(number + 1, "")
        elif line == ".Ed" and display:
            examples.append(display)
            display = None
        elif display:
            display.script += plain(line) + "\n"
        elif line.startswith(".Dl "):
            examples.append(Example(number, plain(line[4:]) + "\n"))
    return examples


def run(document, arguments):
    with open(document, encoding="utf-8") as file:
        text = file.read()
    examples = markdown_examples(text) if document.endswith(".md") else man_examples(text)
    if not examples:
        print("%s: no example" % document, file=sys.stderr)
        return False
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        os.mkdir(os.path.join(scratch, "bin"))
        os.symlink(os.path.abspath(arguments.pnlp), os.path.join(scratch, "bin", "pnlp"))
        os.symlink(os.path.abspath(os.path.join(arguments.source, "testdata")), os.path.join(scratch, "testdata"))
        environment = dict(os.environ, PATH=os.path.join(scratch, "bin") + ":" + os.environ["PATH"])
        for example in examples:
            result = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", example.script],
                cwd=scratch,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                check=False,
            )
            output = result.stdout.decode(errors="replace")
            problem = None
            if result.returncode != 0:
                problem = "exit %d\n%s" % (result.returncode, result.stderr.decode(errors="replace"))
            elif example.output is not None and output.strip() != example.output.strip():
                problem = "printed\n" + output
            if problem:
                good = False
                print("%s:%d:\n%s%s" % (document, example.line, example.script, problem), file=sys.stderr)
    return good


def main():
    parser = argparse.ArgumentParser(description="runs the examples of documents")
    parser.add_argument("--pnlp", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("documents", nargs="+")
    arguments = parser.parse_args()
    results = [run(document, arguments) for document in arguments.documents]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
