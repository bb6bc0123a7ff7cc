#!/usr/bin/env python3
"""The real binary with clients that others wrote: tests/system/run.py --martlet PATH [--only REGEX] [--jobs N].

Prints a line for each test, what failed with its reason, and closes with `N passed, N failed` (`, N skipped`). Each test runs
in a process group of its own, with its own ports, its own directory and a bounded time; what it started ends with it."""

import argparse
import importlib
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE / "suites"), str(HERE.parent / "conformance")]

import case  # noqa: E402  (needs the path above)

SECONDS_MAX = 60


def find_tests(only):
    """[(name, class)] of all test methods, those that take long first, so that none is left over at the end."""
    found = []
    for path in sorted((HERE / "suites").glob("*.py")):
        module = importlib.import_module(path.stem)
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, unittest.TestCase) and kind.__module__ == path.stem:
                names = unittest.defaultTestLoader.getTestCaseNames(kind)
                found += [(f"{path.stem}.{kind.__name__}.{name}", kind) for name in names]
    chosen = [test for test in found if re.search(only, test[0])]
    return sorted(chosen, key=lambda test: -getattr(getattr(test[1], method_of(test[0])), "weight", 0))


def method_of(name):
    return name.rpartition(".")[2]


def run_here(name, kind):
    """In the child: ("passed" | "failed" | "skipped", text)."""
    result = unittest.TestResult()
    kind(method_of(name)).run(result)
    problems = result.errors + result.failures
    if problems:
        return "failed", "\n".join(text for _, text in problems)
    if result.skipped:
        return "skipped", result.skipped[0][1]
    return "passed", ""


class Running:
    """A child with one test."""

    def __init__(self, number, name, kind):
        self.name, self.started = name, time.monotonic()
        self.report = tempfile.TemporaryFile("w+")
        self.output = tempfile.TemporaryFile("w+", errors="replace")
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.work(number, name, kind)

    def work(self, number, name, kind):
        try:
            os.setsid()
            os.dup2(self.output.fileno(), 1)
            os.dup2(self.output.fileno(), 2)
            case.Ports.begin(number)
            outcome = run_here(name, kind)
        except BaseException:  # whatever happens, the parent wants to know
            outcome = "failed", traceback.format_exc()
        json.dump(outcome, self.report)
        self.report.flush()
        sys.stdout.flush()
        os._exit(0)

    def poll(self):
        """None while it runs, else its outcome."""
        is_late = time.monotonic() - self.started > SECONDS_MAX
        if is_late:
            self.end_group()
        pid, _ = os.waitpid(self.pid, 0 if is_late else os.WNOHANG)
        if not pid:
            return None
        self.end_group()
        self.report.seek(0)
        text = self.report.read()
        if text:
            return json.loads(text)
        return "failed", f"It did not end within {SECONDS_MAX} s." if is_late else "Its process died."

    def end_group(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def said(self):
        self.output.seek(0)
        return self.output.read()


def run_all(tests, jobs):
    """{outcome: [name]}, with a line for each test as it ends."""
    outcomes = {"passed": [], "failed": [], "skipped": []}
    waiting, running = list(enumerate(tests)), []
    width = max(len(name) for name, _ in tests)
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                number, (name, kind) = waiting.pop(0)
                running.append(Running(number, name, kind))
            for one in list(running):
                ended = one.poll()
                if ended is None:
                    continue
                running.remove(one)
                outcome, text = ended
                outcomes[outcome].append(one.name)
                tell(one, outcome, text, width)
            time.sleep(0.01)
    finally:
        for one in running:
            one.end_group()
    return outcomes


def tell(one, outcome, text, width):
    word = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}[outcome]
    why = f"  {text}" if outcome == "skipped" else ""
    print(f"{one.name:{width}} {word:7} {time.monotonic() - one.started:5.1f} s{why}", flush=True)
    if outcome == "failed":
        shown = (text.rstrip() + "\n" + one.said()[-6000:]).rstrip()
        print("    " + shown.replace("\n", "\n    "), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--martlet", default=os.environ.get("MARTLET", str(HERE.parents[1] / "build/dev/martlet")))
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    case.MARTLET = Path(options.martlet).resolve()
    if not os.access(case.MARTLET, os.X_OK):
        print(f"{case.MARTLET} is no program.\n0 passed, 1 failed")
        return 2
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    tests = find_tests(options.only)
    if not tests:
        print("No such test.\n0 passed, 1 failed")
        return 2
    outcomes = run_all(tests, options.jobs)
    counts = {outcome: len(names) for outcome, names in outcomes.items()}
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    for name in outcomes["failed"]:
        print(f"FAILED {name}")
    print(f"{counts['passed']} passed, {counts['failed']} failed{skipped}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
