#!/usr/bin/env python3
"""The stages of ./test, one after the other, each with its duration; ends with `N passed, N failed`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / "build" / "test"
REPORTS = LOGS / "reports"
CORES = os.cpu_count() or 2
QUICK_SECONDS = 7.5 * 60
# The whole is to end within an hour: what can be shortened is, beginning with what is searched at random. A slow machine gets more
# time than that for the rest before it is given up.
AIM_SECONDS = 57 * 60
FULL_SECONDS = 80 * 60
FUZZ_SECONDS = 8 * 60
FUZZ_SECONDS_MIN = 2 * 60
TIDY_SECONDS = 6 * 60
TSAN_FOLDERS = ("base", "broker", "sim", "journal", "server")


class Outcome:
    def __init__(self, passed=0, failed=(), skipped=""):
        self.passed = passed
        self.failed = list(failed)  # what to tell about each
        self.skipped = skipped


class Runner:
    """Runs commands in process groups of their own, so that nothing they started stays behind."""

    def __init__(self, deadline, aim=None):
        self.deadline = deadline
        self.aim = aim or deadline
        self.groups = set()

    def remaining(self):
        return max(self.deadline - time.monotonic(), 1)

    def spare(self):
        """Seconds until it should be over."""
        return max(min(self.aim, self.deadline) - time.monotonic(), 1)

    def run(self, log, command, timeout=None, env=None):
        """(exit code, text). Exit code 124: it did not end in time."""
        limit = min(timeout or self.remaining(), self.remaining())
        with open(LOGS / f"{log}.log", "a+", errors="replace") as out:
            start = out.tell()
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.groups.add(process.pid)
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = 124
                out.write(f"\nDid not end within {limit:.0f} s.\n")
                out.flush()
            finally:
                self.end_group(process.pid)
                process.wait()
            out.seek(start)
            return code, out.read()

    def end_group(self, group):
        for number, pause in ((signal.SIGTERM, 2), (signal.SIGKILL, 0)):
            try:
                os.killpg(group, number)
            except ProcessLookupError:
                break
            limit = time.monotonic() + pause
            while time.monotonic() < limit and is_alive(group):
                time.sleep(0.05)
        self.groups.discard(group)

    def end_all(self):
        for group in list(self.groups):
            self.end_group(group)


def is_alive(group):
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def tail(text, count=30):
    return "\n".join(text.rstrip().split("\n")[-count:])


# --- sources ---


def git_lines(*arguments):
    """None: git is not there, or knows nothing of this folder."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return [line for line in done.stdout.split("\n") if line] if done.returncode == 0 else None


def project_files(*suffixes):
    """What git knows or would add; without git, what lies in the project's folders."""
    names = git_lines("ls-files", "-co", "--exclude-standard")
    if names is not None:
        paths = [ROOT / name for name in names]
    else:
        paths = [path for top in ("src", "tests", "bench") for path in (ROOT / top).rglob("*")]
    return sorted(path for path in paths if path.suffix in suffixes and path.is_file())


RECENT_COMMITS = 10


def news_first(paths):
    """What is not committed and what the last commits changed; the rest begins elsewhere for each commit, so that in several runs all
    come first once. (A commit without a parent, as a shallow clone has, would be no news but everything.)"""
    news = git_lines("ls-files", "-mo", "--exclude-standard") or []
    news += git_lines("log", f"-{RECENT_COMMITS}", "--min-parents=1", "--format=", "--name-only", "--relative") or []
    head = git_lines("rev-parse", "HEAD") or ["0"]
    begin = int(head[0], 16) % max(len(paths), 1)
    turned = paths[begin:] + paths[:begin]
    ranks = {ROOT / name: rank for rank, name in reversed(list(enumerate(news)))}
    return sorted(turned, key=lambda path: ranks.get(path, len(news)))


def check_format(runner):
    files = project_files(".cc", ".h")
    code, text = runner.run("format", ["clang-format", "--dry-run", "--Werror", *files])
    if code == 0:
        return Outcome(passed=1)
    names = sorted({line.split(":")[0] for line in text.split("\n") if "-Wclang-format" in line})
    shown = [os.path.relpath(name, ROOT) for name in names]
    return Outcome(failed=["not formatted (clang-format -i): " + " ".join(shown or [tail(text)])])


def check_tidy(runner):
    return from_scripts(runner, "tidy", ["tests/tidy/tidy.py", "tests/tidy/tidy_test.py"])


def from_scripts(runner, stage, paths):
    outcome = Outcome()
    for path in paths:
        code, text = runner.run(stage, ["/usr/bin/python3", "-B", path])
        add(outcome, path, code == 0, text)
    return outcome


def check_clang_tidy(runner):
    """Our sources, the news first, until the time is up: what was not reached is said, not failed."""
    if not (ROOT / "build/ci/compile_commands.json").exists():
        return Outcome(failed=["clang-tidy needs build/ci/compile_commands.json (stage build)"])
    limit = time.monotonic() + min(TIDY_SECONDS, runner.spare())
    waiting = news_first([path for path in project_files(".cc") if path.is_relative_to(ROOT / "src")])
    count = len(waiting)
    outcome = Outcome()
    while waiting and time.monotonic() < limit:
        batch, waiting = waiting[: 2 * CORES], waiting[2 * CORES :]
        command = ["xargs", "-P", CORES, "-n", "1", "clang-tidy", "-p", "build/ci", "--quiet"]
        code, text = runner.run("clang-tidy", ["sh", "-c", 'printf "%s\\n" "$@" | ' + " ".join(map(str, command)), "-", *batch])
        if code != 0:
            found = [line for line in text.split("\n") if re.search(r": (warning|error): ", line)]
            outcome.failed.append("clang-tidy:\n" + "\n".join(found[:20] or [tail(text)]))
        else:
            outcome.passed += 1
    if waiting:
        print(f"    clang-tidy looked at {count - len(waiting)} of {count} files in its time")
    return outcome


# --- builds and ctest ---


def build(preset, *folders):
    """All of it, or the program and the tests of some folders."""

    def stage(runner):
        log = f"build-{preset}"
        tested = [folder for folder in folders if list((ROOT / "tests" / folder).glob("*_test.cc"))]
        targets = ["--target", "martlet", *(f"{folder}_test" for folder in tested)] if folders else []
        code, text = runner.run(log, ["cmake", "--preset", preset])
        if code != 0:
            code, text = runner.run(log, ["cmake", "--fresh", "--preset", preset])
        if code == 0:
            code, text = runner.run(log, ["cmake", "--build", "--preset", preset, *targets, "--", "-k", "0"])
        if code == 0:
            return Outcome(passed=1)
        errors = [line for line in text.split("\n") if re.search(r"\berror\b|FAILED:|Did not end", line)]
        return Outcome(failed=[f"build of preset {preset}:\n" + "\n".join(errors[:20] or [tail(text)])])

    return stage


def ctest(preset, *selection, env=None):
    def stage(runner):
        if not (ROOT / "build" / preset / "CTestTestfile.cmake").exists():
            return Outcome(failed=[f"build/{preset} has no tests: its build failed"])
        junit = LOGS / f"ctest-{preset}.xml"
        junit.unlink(missing_ok=True)
        command = ["ctest", "--test-dir", f"build/{preset}", "-j", CORES, "--output-junit", junit]
        command += ["--test-output-size-passed", "4000000", "--test-output-size-failed", "4000000"]
        command += ["--output-on-failure", *selection]
        code, text = runner.run(f"ctest-{preset}", command, env=env)
        outcome = read_junit(junit)
        if outcome is None:
            return Outcome(failed=[f"ctest of preset {preset}:\n" + tail(text)])
        if code != 0 and not outcome.failed:
            outcome.failed.append(f"ctest of preset {preset} ended with {code}:\n" + tail(text))
        return outcome

    return stage


def read_junit(path):
    if not path.exists():
        return None
    text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]", "?", path.read_text(errors="replace"))
    try:
        suite = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None
    outcome = Outcome()
    for case in suite.iter("testcase"):
        skipped = case.find("skipped")
        why_not = skipped.get("message", "") if skipped is not None else ""
        if case.get("status") == "disabled" or why_not.startswith("SKIP_"):
            continue
        out = (case.findtext("system-out") or "") + why_not
        add(outcome, case.get("name"), case.get("status") == "run", out)
    return outcome


def add(outcome, name, is_ok, text):
    """Counts what a test program tells of its single tests; a program that says nothing is one test."""
    passed, failed = count_cases(text)
    if is_ok:
        outcome.passed += max(passed, 1)
        return
    outcome.passed += passed
    count = max(failed, 1)
    shown = [line for line in text.split("\n") if re.match(r"\[  FAILED  \] \D|(FAIL|ERROR): |FAILED \S", line)]
    why = "\n".join(dict.fromkeys(shown)) or tail(text, 15)
    outcome.failed += [f"{name}:\n{why}"] + [""] * (count - 1)


def count_cases(text):
    """(passed, failed) from the closing words of GoogleTest, unittest, or `N passed, N failed`."""
    gtest_passed = sum(map(int, re.findall(r"^\[  PASSED  \] (\d+) tests?\.", text, re.M)))
    gtest_failed = sum(map(int, re.findall(r"^\[  FAILED  \] (\d+) tests?, listed", text, re.M)))
    if gtest_passed or gtest_failed:
        return gtest_passed, gtest_failed
    ours = re.findall(r"^(\d+) passed, (\d+) failed", text, re.M)
    if ours:
        return int(ours[-1][0]), int(ours[-1][1])
    ran = sum(map(int, re.findall(r"^Ran (\d+) tests? in", text, re.M)))
    bad = sum(map(int, re.findall(r"^FAILED \(.*?(?:failures|errors)=(\d+)", text, re.M)))
    bad += sum(map(int, re.findall(r"^FAILED \(failures=\d+, errors=(\d+)", text, re.M)))
    return max(ran - bad, 0), bad


# --- the whole program ---


def whole(folder, binary, *arguments, env=None):
    """tests/FOLDER/run.py, which starts `binary` as often as it likes and closes with `N passed, N failed`."""

    def stage(runner):
        script = Path("tests") / folder / "run.py"
        if not (ROOT / script).exists():
            return None
        if not (ROOT / binary).exists():
            return Outcome(failed=[f"{binary} is missing: its build failed"])
        outcome = Outcome()
        shutil.rmtree(REPORTS, ignore_errors=True)
        REPORTS.mkdir()
        REPORTS.chmod(0o1777)  # the broker may have given up its rights when it has something to report
        code, text = runner.run(f"{folder}-{Path(binary).parent.name}", ["/usr/bin/python3", "-B", script, *arguments], env=env)
        add(outcome, f"{script} " + " ".join(map(str, arguments)), code == 0, text)
        for report in sorted(REPORTS.iterdir()):
            outcome.failed.append("sanitizer:\n" + "\n".join(report.read_text(errors="replace").split("\n")[:25]))
        return outcome

    return stage


def conformance(binary, start, *arguments, env=None):
    return whole("conformance", binary, "--start", f"{binary} {start}", *arguments, env=env)


def system(binary, env=None):
    return whole("system", binary, "--martlet", binary, env=env)


# --- the crash checker ---

# What is wrong on purpose (MARTLET_BUG), and must be found within so many kills.
BUGS = ("ack_before_sync", "forget_qos2_id", "forget_qos1_id", "compaction_drops,small_segments")
BUG_KILLS = 40


def crash(binary, kills):
    """The broker is killed so often, with segments that are small enough to be compacted; then the checker is checked."""
    script = "tests/crash/run.py"

    def stage(runner):
        if not (ROOT / binary).exists():
            return Outcome(failed=[f"{binary} is missing: its build failed"])
        outcome = Outcome()
        command = ["/usr/bin/python3", "-B", script, "--martlet", binary, "--shards", 2]
        code, text = runner.run("crash", [*command, "--kills", kills], env={"MARTLET_BUG": "small_segments"})
        add(outcome, script, code == 0, text)
        for bug in BUGS:
            caught = [*command, "--kills", BUG_KILLS, "--expect-caught"]
            code, text = runner.run(f"crash-{bug.split(',')[0]}", caught, env={"MARTLET_BUG": bug})
            add(outcome, f"{script} with {bug}", code == 0, text)
        return outcome

    return stage


# --- fuzzing ---


def fuzz(runner):
    """The committed corpus of each target, then new inputs for the time that all targets share."""
    sources = sorted((ROOT / "tests/fuzz").rglob("*.cc"))
    if not sources:
        return None
    targets = find_targets()
    if not targets:
        return Outcome(failed=["there are fuzz sources but no fuzz targets in build/asan"])
    outcome = Outcome()
    finds = LOGS / "fuzz"
    shutil.rmtree(finds, ignore_errors=True)
    rounds = -(-len(targets) // CORES)
    seconds = max(int(min(FUZZ_SECONDS, max(runner.spare() - 60, FUZZ_SECONDS_MIN)) / rounds), 1)
    with ThreadPoolExecutor(CORES) as pool:
        runs = list(pool.map(lambda target: fuzz_one(runner, target, finds / target.name, seconds), targets))
    for target, (code, text) in zip(targets, runs):
        add(outcome, f"fuzz target {target.name} (what it found is in {finds.relative_to(ROOT)})", code == 0, text)
    return outcome


def fuzz_one(runner, target, finds, seconds):
    (finds / "corpus").mkdir(parents=True)
    corpus = ROOT / "tests/fuzz/corpus" / target.name.removeprefix("fuzz_")
    command = [target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={finds}/"]
    command += [finds / "corpus", *([corpus] if corpus.is_dir() else [])]
    return runner.run(f"fuzz-{target.name}", command, timeout=seconds + 60, env=SANITIZERS)


def find_targets():
    folder = ROOT / "build/asan/tests/fuzz"
    return sorted(path for path in folder.glob("fuzz_*") if path.is_file() and os.access(path, os.X_OK))


# --- the whole ---

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}

# A broker's own words are read by nobody when a test runs it, so reports go to files.
REPORTING = {key: f"{value}:log_path={REPORTS}/report" for key, value in SANITIZERS.items()}

# Tests of ctest that are stages here.
OWN_STAGES = "^(tidy|tidy_rules|system)$"
TSAN_TESTS = "^(" + "|".join(TSAN_FOLDERS) + ")$"

# What Debian's mosquitto is known to do otherwise, and the clause that decides.
PEER_FAILURES = "tests/conformance/mosquitto-2.0.11.txt"

# (name, is it part of quick, what it does)
STAGES = [
    ("format", True, check_format),
    ("tidy", True, check_tidy),
    ("build", True, build("ci")),
    ("tests", True, ctest("ci", "-E", OWN_STAGES)),
    ("conformance", True, conformance("build/ci/martlet", "serve -c {conf}")),
    ("system", True, system("build/ci/martlet")),
    ("crash", False, crash("build/ci/martlet", 100)),
    ("peer", False, conformance("/usr/sbin/mosquitto", "-c {conf}", "--expect-failures", PEER_FAILURES)),
    ("asan-build", False, build("asan")),
    ("asan-tests", False, ctest("asan", "-E", OWN_STAGES, env=SANITIZERS)),
    ("asan-conformance", False, conformance("build/asan/martlet", "serve -c {conf}", env=REPORTING)),
    ("asan-system", False, system("build/asan/martlet", env=REPORTING)),
    ("tsan-build", False, build("tsan", *TSAN_FOLDERS)),
    ("tsan-tests", False, ctest("tsan", "-R", TSAN_TESTS, env=SANITIZERS)),
    ("tsan-conformance", False, conformance("build/tsan/martlet", "serve -c {conf}", env=REPORTING)),
    # These two take the time that is left, up to their share.
    ("fuzz", False, fuzz),
    ("clang-tidy", False, check_clang_tidy),
]


def run_stage(runner, name, action):
    started = time.monotonic()
    outcome = action(runner)
    if outcome is None:
        return Outcome()
    seconds = time.monotonic() - started
    word = "FAILED" if outcome.failed else "ok"
    print(f"{name:16} {word:7} {outcome.passed:5} passed {len(outcome.failed):3} failed  {seconds:6.1f} s")
    for text in filter(None, outcome.failed):
        print("    " + text.replace("\n", "\n    "))
    return outcome


def choose(words):
    names = [name for name, _, _ in STAGES]
    if "--list" in words:
        print("\n".join(names))
        sys.exit(0)
    is_quick = words[:1] == ["quick"]
    chosen = words[1:] if is_quick else words
    unknown = [word for word in chosen if word not in names]
    if unknown:
        print(f"No such stage: {' '.join(unknown)}. There are: quick {' '.join(names)}")
        print("0 passed, 1 failed")
        sys.exit(2)
    if chosen:
        return [stage for stage in STAGES if stage[0] in chosen], FULL_SECONDS
    if is_quick:
        return [stage for stage in STAGES if stage[1]], QUICK_SECONDS
    return STAGES, FULL_SECONDS


def main():
    stages, seconds = choose(sys.argv[1:])
    LOGS.mkdir(parents=True, exist_ok=True)
    for log in LOGS.glob("*.log"):
        log.unlink()
    runner = Runner(time.monotonic() + seconds, time.monotonic() + min(seconds, AIM_SECONDS))

    def stop(number, _):
        runner.end_all()
        os._exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    passed = failed = 0
    for name, _, action in stages:
        outcome = run_stage(runner, name, action)
        passed += outcome.passed
        failed += len(outcome.failed)
    if failed:
        print(f"Logs are in {LOGS.relative_to(ROOT)}/.")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
