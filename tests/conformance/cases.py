"""Reads *.mqtt files into cases. The format is described in README.md beside this file."""

import os
import re
import shlex
import zlib

VERSIONS = {"v5": 5, "v311": 4, "v31": 3}
TAG = re.compile(r"\[([^\]]+)\]")
# `key="value"`, `key=value`, or a word alone, such as `...`.
ITEM = re.compile(r'([!\w.\-]+)(?:=("(?:[^"\\]|\\.)*"|\S*))?(?:\s+|$)|(\S+)(?:\s+|$)')


class Mistake(Exception):
    """A file of cases does not say what it means; the text names file and line."""


class Case:
    """One title on one protocol version."""

    def __init__(self, file, line, title):
        self.file, self.line, self.title = file, line, title
        self.version, self.tags, self.steps = "", [], []
        self.config, self.files, self.alone = [], {}, False

    @property
    def name(self):
        return f"{self.file}: {self.title} ({self.version})"

    @property
    def broker(self):
        """What the broker must be started with: cases of one key share one broker. One that stops
        it has it alone."""
        files = "".join(f"\0{name}\0{body}" for name, body in sorted(self.files.items()))
        own = "\0" + self.name if any(text.startswith("broker ") for _, text in self.steps) else ""
        return "\n".join(self.config) + files + own

    @property
    def waits(self):
        return any(re.match(r"wait |.* within ", text) for _, text in self.steps)

    @property
    def number(self):
        return zlib.crc32(self.name.encode()) & 0xFFFFFF


class Block:
    """What stands under one title, before it is multiplied by its versions."""

    def __init__(self, file, line, title):
        self.file, self.line, self.title = file, line, title
        self.versions, self.steps = [], []
        self.config, self.files, self.alone = [], {}, False

    def cases(self, top):
        for version, tags in self.versions:
            case = Case(self.file, self.line, self.title)
            case.version, case.tags, case.alone = version, tags, self.alone
            case.config = top.config + self.config
            case.files = {**top.files, **self.files}
            for line, text in self.steps:
                guard = re.match(r"\[(!?)([\w ]+)\]\s+", text)
                if guard and (version in guard[2].split()) == bool(guard[1]):
                    continue
                case.steps.append((line, text[guard.end() :] if guard else text))
            yield case


def read(path):
    """All cases of a file."""
    name = os.path.basename(path)
    top = block = Block(name, 0, "")
    blocks, sink = [], None
    with open(path, encoding="utf-8") as lines:
        for number, raw in enumerate(lines, 1):
            text = raw.rstrip("\n")
            if sink is not None and text.startswith("  "):
                sink(text[2:])
                continue
            sink = None
            text = text.strip()
            if not text or text.startswith("#"):
                continue
            if text.startswith("== "):
                block = Block(name, number, text[3:].strip())
                blocks.append(block)
            elif text == "config:":
                sink = block.config.append
            elif re.fullmatch(r"file [\w.]+:", text):
                sink = file_sink(block, text[5:-1])
            elif text == "alone":
                block.alone = True
            elif re.match(r"(v5|v311|v31)(\s|$)", text):
                block.versions.append((text.split()[0], TAG.findall(text)))
            elif block is top:
                raise Mistake(f"{name}:{number}: a step before the first title")
            else:
                block.steps.append((number, text))
    for block in blocks:
        if not block.versions:
            raise Mistake(f"{name}:{block.line}: no line with v5, v311 or v31 says where it runs")
    cases = [case for block in blocks for case in block.cases(top)]
    twice = [case for case in cases if sum(case.name == other.name for other in cases) > 1]
    if twice:
        raise Mistake(f"{name}:{twice[0].line}: two cases are called {twice[0].title!r}")
    return cases


def file_sink(block, name):
    block.files[name] = ""

    def add(text):
        block.files[name] += text + "\n"

    return add


def items(text):
    """`key=value flag "..."` as a list of pairs; a word without a value is a pair with None."""
    found, at = [], 0
    while at < len(text):
        match = ITEM.match(text, at)
        if not match:
            raise Mistake(f"cannot read {text[at:]!r}")
        found.append((match[1] or match[3], match[2]))
        at = match.end()
    return found


def read_expected(path):
    """Names of cases that a given broker is known to fail: NAME | clause | why."""
    with open(path, encoding="utf-8") as lines:
        rows = [line.split(" | ") for line in lines if line.strip() and not line.startswith("#")]
    return {row[0].strip(): " | ".join(row[1:]).strip() for row in rows}


def split_command(command, **names):
    return [part.format(**names) for part in shlex.split(command)]
