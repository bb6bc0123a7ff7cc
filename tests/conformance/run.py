#!/usr/bin/python3
"""Runs *.mqtt cases against a broker. See README.md beside this file."""

import argparse
import concurrent.futures
import glob
import os
import re
import sys

import broker
import cases
import report
import steps

ALL = sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.mqtt")))


def run_all(chosen, address_of, options, brokers=None):
    """[(case, None or why it failed)]. Cases that wait are begun first, those that must be alone
    come last. `brokers`: those that this run has started, by Case.broker."""

    def one(case):
        own = brokers[case.broker] if brokers else None
        return case, steps.Run(case, address_of(case), options, own).run()

    together = sorted((case for case in chosen if not case.alone), key=lambda case: not case.waits)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(one, together))
    return results + [one(case) for case in chosen if case.alone]


def tell(results, skipped, options):
    """Prints failures and the closing line; the exit code."""
    known = cases.read_expected(options.expect_failures) if options.expect_failures else {}
    passed = failed = expected = 0
    for name in sorted(set(known) - options.names):
        failed += 1
        print(f"SURPRISE {name}: is listed, but there is no such case")
    for case, why in results:
        if why and case.name in known:
            expected += 1
        elif why:
            failed += 1
            print(f"FAILED {case.name} {' '.join(f'[{tag}]' for tag in case.tags)}\n  {why}")
        elif case.name in known:
            failed += 1
            print(f"SURPRISE {case.name}: passes, but is listed as {known[case.name]}")
        else:
            passed += 1
            if options.verbose:
                print(f"passed {case.name}")
    if expected:
        source = os.path.basename(options.expect_failures)
        print(f"{expected} fail as {source} says (counted as skipped)")
    skipped += expected
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="*.mqtt files; default: all beside this program")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int)
    parser.add_argument(
        "--start", metavar="CMD", help="start the broker: a command with {conf}, {port}"
    )
    parser.add_argument(
        "--only", default="", metavar="REGEX", help="cases whose name or clause matches"
    )
    parser.add_argument(
        "--list", action="store_true", help="print the names and clauses of the cases"
    )
    parser.add_argument(
        "--expect-failures", metavar="FILE", help="cases that this broker is known to fail"
    )
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument(
        "--timeout", type=float, default=3.0, help="seconds to wait for an expected packet"
    )
    parser.add_argument("--report", action="store_true", help="write docs/conformance.md")
    parser.add_argument(
        "--check-report", action="store_true", help="fail if docs/conformance.md is out of date"
    )
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.salt = f"{os.getpid() & 0xFFFF:04x}"
    found = [case for path in options.files or ALL for case in cases.read(path)]
    if options.report or options.check_report:
        return report.write(found, check=options.check_report)
    options.names = {case.name for path in ALL for case in cases.read(path)}
    chosen = [
        case
        for case in found
        if re.search(options.only, " ".join([case.name] + [f"[{tag}]" for tag in case.tags]))
    ]
    if options.list:
        for case in chosen:
            print(case.name, " ".join(f"[{tag}]" for tag in case.tags))
        return 0
    if not options.start:
        if not options.port:
            raise SystemExit("say --port of a broker that runs, or --start with how to start one")
        able = [case for case in chosen if not case.broker]
        results = run_all(able, lambda case: (options.host, options.port), options)
        return tell(results, len(chosen) - len(able), options)
    brokers = broker.start(options.start, chosen)
    try:
        results = [
            (case, f"the broker did not start:\n{brokers[case.broker].trouble}")
            for case in chosen
            if brokers[case.broker].trouble
        ]
        able = [case for case in chosen if not brokers[case.broker].trouble]
        results += run_all(able, lambda case: brokers[case.broker].address, options, brokers)
    finally:
        codes = [one.stop() for one in brokers.values()]
    if any(codes):
        print(f"FAILED to end with exit code 0: {[code for code in codes if code]}")
    return tell(results, 0, options) or (1 if any(codes) else 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except cases.Mistake as error:
        raise SystemExit(f"run.py: {error}") from error
