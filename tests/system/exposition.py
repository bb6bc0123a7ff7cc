"""Reads Prometheus' text format as strictly as it is written down (version 0.0.4): a reader that forgives hides what Prometheus refuses."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
LINE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
VALUE = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN")
TYPES = {"counter", "gauge", "histogram"}


class Fault(AssertionError):
    pass


def check(is_so, what):
    if not is_so:
        raise Fault(what)


def unescaped(text):
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text)


def read_labels(text, line):
    """{name: value}, in the order in which they stand."""
    labels, at = {}, 0
    while True:
        match = LABEL.match(text, at)
        check(match, f"labels of {line!r}")
        check(match[1] not in labels and not match[1].startswith("__"), f"label {match[1]} of {line!r}")
        labels[match[1]] = unescaped(match[2])
        at = match.end()
        if at == len(text):
            return labels
        check(text[at] == ",", f"labels of {line!r}")
        at += 1


class Exposition:
    """types: {family: type}; samples: {(name, ((label, value), ...)): number}, labels sorted by name."""

    def __init__(self, body):
        text = body if isinstance(body, str) else body.decode("utf-8")
        check(text.endswith("\n") and "\r" not in text, "ends of lines")
        self.types, self.samples = {}, {}
        self._helps, self._family = set(), None
        for line in text[:-1].split("\n"):
            self._read(line)
        for family, kind in self.types.items():
            if kind == "histogram":
                self._check_histogram(family)

    def _read(self, line):
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            check(re.fullmatch(NAME, family) and family not in self._helps, f"family twice: {line!r}")
            check(not re.search(r"\\(?![\\n])", line.replace("\\\\", "")), f"escapes of {line!r}")
            self._helps.add(family)
            self._family = family
        elif line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            check(family == self._family and family not in self.types and kind in TYPES, f"{line!r} after {self._family}")
            self.types[family] = kind
        else:
            self._read_sample(line)

    def _read_sample(self, line):
        match = LINE.fullmatch(line)
        check(match and VALUE.fullmatch(match[3]), f"no sample: {line!r}")
        name = match[1]
        kind = self.types.get(self._family)
        suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        check(kind and name in [self._family + suffix for suffix in suffixes], f"{line!r} in family {self._family}")
        labels = read_labels(match[2], line) if match[2] is not None else {}
        key = name, tuple(sorted(labels.items()))
        check(key not in self.samples, f"twice: {line!r}")
        value = float(match[3].replace("Inf", "inf"))
        check(kind == "gauge" or value >= 0, f"below 0: {line!r}")
        self.samples[key] = value

    def _check_histogram(self, family):
        buckets = {}
        for (name, labels), value in self.samples.items():
            if name == f"{family}_bucket":
                rest = tuple(label for label in labels if label[0] != "le")
                buckets.setdefault(rest, []).append((float(dict(labels)["le"].replace("Inf", "inf")), value))
        check(buckets, f"{family} has no buckets")
        for labels, steps in buckets.items():
            check(steps == sorted(steps) and steps[-1][0] == math.inf, f"bounds of {family}: {steps}")
            counts = [count for _, count in steps]
            check(counts == sorted(counts), f"{family} is not cumulative: {steps}")
            check(counts[-1] == self.samples.get((f"{family}_count", labels)), f"{family}_count is not its last bucket")
            check((f"{family}_sum", labels) in self.samples, f"{family}_sum")

    def names(self):
        return {name for name, _ in self.samples}

    def of(self, name, **wanted):
        """[(labels, value)] of those that have these labels."""
        found = [(dict(labels), value) for (one, labels), value in self.samples.items() if one == name]
        return [(labels, value) for labels, value in found if wanted.items() <= labels.items()]

    def value(self, name, **wanted):
        found = self.of(name, **wanted)
        check(len(found) == 1, f"{len(found)} samples of {name} {wanted}")
        return found[0][1]

    def check_grown_since(self, before):
        """No counter of `before` is smaller now."""
        for (name, labels), value in before.samples.items():
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            kind = before.types.get(name) or before.types.get(family)
            now = self.samples.get((name, labels))
            check(kind == "gauge" or (now is not None and now >= value), f"{name}{dict(labels)}: {value}, then {now}")
