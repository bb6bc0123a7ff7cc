#!/usr/bin/env python3
"""Holds the tree to the rules of the house (table.py). Prints FILE:LINE: MESSAGE for each breach.

usage: tidy.py [ROOT]"""

import re
import sys
from pathlib import Path

import table

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
MARKER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
NOT_CODE = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"'  # raw strings
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    r"|//[^\n]*|/\*.*?\*/",
    re.S,
)


def blank(match):
    """The same number of lines, nothing on them."""
    return '""' + "\n" * match.group(0).count("\n")


class Source:
    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(errors="replace")
        self.lines = self.text.split("\n")
        if self.lines and self.lines[-1] == "":
            self.lines.pop()
        self.includes = []  # (line, "project" or "library", name)
        for number, line in enumerate(self.lines, 1):
            found = INCLUDE.match(line)
            if found:
                kind = "project" if found.group(1) else "library"
                self.includes.append((number, kind, found.group(1) or found.group(2)))

    @property
    def folder(self):
        """The floor's name for a file below src/, else None. main.cc is the roof."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    def code_lines(self):
        return NOT_CODE.sub(blank, self.text).split("\n")


class House:
    def __init__(self, root):
        self.root = Path(root)
        self.breaches = []
        self.sources = []
        for top in ("src", "tests", "bench"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in (".h", ".cc") and path.is_file():
                    self.sources.append(Source(self.root, path))
        self.by_path = {source.path: source for source in self.sources}

    def breach(self, path, line, message):
        self.breaches.append((path, line, message))

    def read(self, path):
        file = self.root / path
        return file.read_text() if file.exists() else ""

    def check(self):
        for source in self.sources:
            check_includes(self, source)
            check_shape(self, source)
            check_words(self, source)
        check_doors(self)
        check_circles(self)
        check_names(self)
        check_builds(self)
        check_links(self)
        check_registered(self)
        return sorted(self.breaches)


def may_include(folder, other):
    if folder == other:
        return True
    if other in table.MUST_NOT_KNOW.get(folder, ()):
        return False
    return table.FLOORS[other] < table.FLOORS[folder]


def check_includes(house, source):
    for line, kind, name in source.includes:
        if kind == "library":
            check_library(house, source, line, name)
            continue
        if name.startswith("tests/") and not source.path.startswith("src/"):
            if name not in house.by_path:
                house.breach(source.path, line, f'"{name}" is no file of ours')
            continue
        if "src/" + name not in house.by_path:
            house.breach(source.path, line, f'"{name}" is not written from src/, or does not exist')
            continue
        other = name.split("/")[0]
        if source.folder is None:
            continue
        for folder in (source.folder, other):
            if folder not in table.FLOORS:
                house.breach(source.path, line, f"src/{folder}/ has no floor in tests/tidy/table.py")
                return
        if not may_include(source.folder, other):
            house.breach(source.path, line, f'{source.folder} must not know {other} ("{name}")')


def check_library(house, source, line, name):
    if "src/" + name in house.by_path:
        house.breach(source.path, line, f'our own <{name}> is written "{name}"')
    if name in table.FORBIDDEN_HEADERS:
        house.breach(source.path, line, f"<{name}> {table.FORBIDDEN_HEADERS[name]}")
    is_protocol = source.path.startswith("src/client/protocol")
    if source.folder in table.WITHOUT_SOCKETS or is_protocol:
        if re.fullmatch(table.SOCKET_HEADERS, name):
            house.breach(source.path, line, f"<{name}>: {source.folder} knows no sockets")


def check_doors(house):
    for pattern, door in table.DOORS.items():
        users = {}
        for source in house.sources:
            if not source.path.startswith("src/"):
                continue
            for line, kind, name in source.includes:
                first = next((p for p in table.DOORS if re.fullmatch(p, name)), None)
                if kind == "library" and first == pattern:
                    users.setdefault(source.path, (line, name))
        for path, (line, name) in users.items():
            if isinstance(door, list):
                if path not in door:
                    house.breach(path, line, f"<{name}> is reached through {door[0]} only")
            elif len(users) > door:
                house.breach(path, line, f"<{name}> is included by {len(users)} files, at most {door}")
            if path.endswith(".h") and not isinstance(door, list):
                house.breach(path, line, f"<{name}> in a header of ours")


def check_circles(house):
    state = {}

    def visit(path, trail):
        state[path] = "open"
        for line, kind, name in house.by_path[path].includes:
            other = "src/" + name if "src/" + name in house.by_path else name
            if kind != "project" or other not in house.by_path:
                continue
            if state.get(other) == "open":
                circle = trail[trail.index(other):] + [other]
                house.breach(path, line, "includes go in a circle: " + " > ".join(circle))
            elif other not in state:
                visit(other, trail + [other])
        state[path] = "done"

    for path in house.by_path:
        if path not in state:
            visit(path, [path])


def check_shape(house, source):
    count = len(source.lines)
    if count > table.LINES_MAX and source.path not in table.MAY_BE_LONG:
        house.breach(source.path, count, f"{count} lines, the wall is at {table.LINES_MAX}")
    if not source.path.endswith(".h"):
        return
    written = [(n, line) for n, line in enumerate(source.lines, 1) if line.strip()]
    if not written or written[0][1] != "#pragma once":
        house.breach(source.path, 1, "a header begins with #pragma once")
    elif len(written) < 2 or not written[1][1].startswith("//"):
        house.breach(source.path, written[0][0], "after #pragma once comes what it is for and who owns it")


def check_words(house, source):
    for number, line in enumerate(source.lines, 1):
        marker = MARKER.search(line)
        if marker and not re.search(r"#\d+", line):
            house.breach(source.path, number, f"{marker.group(1)} without an issue number")
    if not source.path.startswith("src/"):
        return
    for number, line in enumerate(source.code_lines(), 1):
        if re.search(r"\bthrow\b", line):
            house.breach(source.path, number, "we throw nothing: return an Error")
        if re.search(r"\bstd::(cout|cerr|regex)\b", line):
            house.breach(source.path, number, "no iostream and no std::regex")


def check_names(house):
    for top in ("src", "tests", "bench", "scripts", "cmake", "docs", "packaging"):
        for path in sorted((house.root / top).rglob("*")):
            if "__pycache__" in path.parts or "node_modules" in path.parts:
                continue
            words = set(re.split(r"[^a-z0-9]+", path.stem.lower()))
            shown = path.relative_to(house.root).as_posix()
            for word in sorted(words & table.FORBIDDEN_NAMES):
                house.breach(shown, 1, f'"{word}" is no name: what is it?')
            if path.suffix in (".h", ".cc") and not re.fullmatch(r"[a-z0-9_]+", path.stem):
                house.breach(shown, 1, "file names are snake_case")


def parts_in(text, function):
    """{folder: (line, what it links)} of each martlet_part() or martlet_test() row."""
    rows = {}
    for row in re.finditer(function + r"\(\s*(\w+)([^)]*)\)", text):
        line = text.count("\n", 0, row.start()) + 1
        rows[row.group(1)] = (line, row.group(2).split())
    return rows


def check_builds(house):
    parts = parts_in(house.read("src/CMakeLists.txt"), "martlet_part")
    tests = parts_in(house.read("tests/CMakeLists.txt"), "martlet_test")
    for source in house.sources:
        if not source.path.endswith(".cc"):
            continue
        path = Path(source.path)
        top = path.parts[0]
        if top == "src" and source.folder is not None:
            if source.folder not in parts:
                house.breach(source.path, 1, f"nobody builds it: no martlet_part({source.folder})")
        elif top == "tests" and path.name.endswith("_test.cc") and len(path.parts) == 3 and path.parts[1] in tests:
            pass
        elif not is_named(house, path):
            house.breach(source.path, 1, "nobody builds it: no CMakeLists.txt names it")


def is_named(house, path):
    """A CMakeLists.txt beside the file or above it (or house.cmake) names it, or a pattern that covers it."""
    for folder in path.parents:
        text = without_loops(house.read(folder / "CMakeLists.txt"))
        for pattern in re.findall(r"[\w./*{}$-]*\.cc", text):
            tail = pattern.split("}/")[-1]
            for start in (folder, Path(".")):
                if path.match(str(start / tail)) or path.as_posix() == (start / tail).as_posix():
                    return True
        if path.stem in re.findall(r"[\w-]+", text):
            return True
    return False


def without_loops(cmake):
    """`foreach(kind a b) f(x_${kind}) endforeach()` written out: f(x_a) f(x_b)."""

    def unroll(loop):
        return "".join(loop.group(3).replace("${" + loop.group(1) + "}", item) for item in loop.group(2).split())

    return re.sub(r"foreach\(\s*(\w+)\s([^)]*)\)(.*?)endforeach\(\)", unroll, cmake, flags=re.S)


def check_links(house):
    rows = parts_in(house.read("src/CMakeLists.txt"), "martlet_part")
    for folder, (line, links) in rows.items():
        if folder not in table.FLOORS:
            house.breach("src/CMakeLists.txt", line, f"{folder} has no floor in tests/tidy/table.py")
            continue
        for link in links:
            other = link.removeprefix("martlet_")
            if link != other and other in table.FLOORS and not may_include(folder, other):
                house.breach("src/CMakeLists.txt", line, f"{folder} must not link {other}")


def check_registered(house):
    """What is declared but stands in no table is reached by nobody."""
    for path, pattern, table_path in table.REGISTERED:
        rows = house.read(table_path)
        for source in house.sources:
            if not re.fullmatch(path, source.path) or not rows:
                continue
            for number, line in enumerate(source.lines, 1):
                found = re.match(pattern, line)
                if found and not re.search(rf"\b{found.group(1)}\b", rows):
                    house.breach(source.path, number, f"{found.group(1)} has no row in {table_path}")


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    house = House(root)
    breaches = house.check()
    for path, line, message in breaches:
        print(f"{path}:{line}: {message}")
    print(f"tidy: {len(house.sources)} sources, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
