#!/usr/bin/env python3
"""Checks that the floors of lib/ keep to themselves: what each may include, and what none may do."""

import os
import re
import sys
import unittest

LIB = os.path.join(sys.argv.pop(1), "lib")
SEES = {
    "base": {"base"},
    "io": {"io", "base"},
    "text": {"text", "io", "base"},
    "nn": {"nn", "base"},
    "model": {"model", "nn", "io", "base"},
    "feature": {"feature", "text", "io", "base"},
    "task": {"task", "model", "nn", "feature", "text", "io", "base"},
}
# Headers of libraries: the floors whose .cpp files may include them. A .hpp file may if it is private: it says so
# in its opening (and is not installed), and no other header includes it.
PRIVATE = re.compile(r"^// .*included by \.cpp files of this folder only", re.MULTILINE)
LIBRARIES = {
    r"simdjson": {"io", "text"},
    r"sentencepiece": {"text"},
    r"unicode/": {"text"},
    r"oneapi/|dnnl": {"nn"},
    r"xxhash": {"base"},
    r"zstd": {"io"},
    r"omp\.h": {"nn"},
}
FORBIDDEN = {
    "the environment": r"\bgetenv\b|\benviron\b",
    "printing": r"\bstd::(cout|cerr|clog|puts)\b|\bf?printf\(|\bfmt::print\b|#include <(iostream|cstdio)>",
    "exiting": r"\b(std::)?(exit|_exit|abort|quick_exit)\(",
    "the locale": r"\bsetlocale\b|\bstd::locale\b",
    "random numbers of the standard library": r"\bs?rand\(|\bstd::\w+_distribution\b|#include <random>",
}


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def sources():
    for floor in sorted(SEES):
        for name in sorted(os.listdir(os.path.join(LIB, floor))):
            if name.endswith((".cpp", ".hpp")):
                with open(os.path.join(LIB, floor, name), encoding="utf-8") as file:
                    yield floor, name, file.read()


class House(unittest.TestCase):
    def test_every_folder_is_a_floor(self):
        folders = {name for name in os.listdir(LIB) if os.path.isdir(os.path.join(LIB, name))}
        self.assertEqual(folders, set(SEES))

    def test_includes_go_down(self):
        for floor, name, text in sources():
            for seen in re.findall(r'#include "pnlp/(\w+)/', text):
                self.assertIn(seen, SEES[floor], "lib/%s/%s" % (floor, name))
            for other in re.findall(r'#include "(?!pnlp/)([^"]*)"', text):
                self.fail('lib/%s/%s: "%s" is not written pnlp/<floor>/<file>' % (floor, name, other))

    def test_libraries_stay_in_their_floors(self):
        for floor, name, text in sources():
            for header in re.findall(r"#include [<]([^>]*)[>]", text):
                for pattern, floors in LIBRARIES.items():
                    if re.match(pattern, header):
                        private = PRIVATE.search(text)
                        self.assertTrue(name.endswith(".cpp") or private, "lib/%s/%s: <%s>" % (floor, name, header))
                        self.assertIn(floor, floors, "lib/%s/%s: <%s>" % (floor, name, header))

    def test_private_headers_are_private(self):
        files = list(sources())
        private = {"pnlp/%s/%s" % (floor, name): floor for floor, name, text in files if PRIVATE.search(text)}
        for floor, name, text in files:
            for header in re.findall(r'#include "([^"]*)"', text):
                if header in private:
                    self.assertEqual((name[-4:], floor), (".cpp", private[header]), "lib/%s/%s" % (floor, name))

    def test_one_file_sees_onednn(self):
        users = {name for _, name, text in sources() if re.search(r"#include [<](oneapi|dnnl)", text)}
        self.assertLessEqual(users, {"onednn.cpp"})

    def test_the_library_keeps_quiet(self):
        for floor, name, text in sources():
            for what, pattern in FORBIDDEN.items():
                found = re.search(pattern, without_comments(text))
                self.assertIsNone(found, "lib/%s/%s: %s" % (floor, name, what))

    def test_headers_say_what_they_are_for(self):
        for floor, name, text in sources():
            if name.endswith(".hpp"):
                opening = re.match(r"(//[^\n]*\n)+#pragma once\n", text)
                self.assertTrue(opening, "lib/%s/%s" % (floor, name))


if __name__ == "__main__":
    unittest.main()
