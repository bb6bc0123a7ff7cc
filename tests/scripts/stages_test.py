#!/usr/bin/env python3
"""How ./test counts, and that nothing it started stays behind."""

import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import stages  # noqa: E402

GTEST = "[  PASSED  ] 7 tests.\n[  FAILED  ] 2 tests, listed below:\n[  FAILED  ] A.One\n[  FAILED  ] A.Two\n\n 2 FAILED TESTS\n"


class Counting(unittest.TestCase):
    def test_googletest(self):
        self.assertEqual(stages.count_cases(GTEST), (7, 2))
        self.assertEqual(stages.count_cases("[  PASSED  ] 1 test.\n"), (1, 0))

    def test_unittest(self):
        self.assertEqual(stages.count_cases("Ran 5 tests in 0.1s\n\nOK\n"), (5, 0))
        self.assertEqual(stages.count_cases("Ran 5 tests in 0.1s\n\nFAILED (failures=2)\n"), (3, 2))
        self.assertEqual(stages.count_cases("Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=2)\n"), (2, 3))
        self.assertEqual(stages.count_cases("Ran 5 tests in 0.1s\n\nFAILED (errors=1, skipped=1)\n"), (4, 1))

    def test_our_own_closing_line(self):
        self.assertEqual(stages.count_cases("1 passed, 9 failed\n3 passed, 4 failed, 2 skipped\n"), (3, 4))

    def test_a_program_that_says_nothing_is_one_test(self):
        self.assertEqual(self.counted(True, ""), (1, 0))
        self.assertEqual(self.counted(False, "Segmentation fault"), (0, 1))

    def test_a_crash_after_good_words_is_a_failure(self):
        self.assertEqual(self.counted(False, "[  PASSED  ] 7 tests.\n"), (7, 1))
        self.assertEqual(self.counted(False, GTEST), (7, 2))

    def counted(self, is_ok, text):
        outcome = stages.Outcome()
        stages.add(outcome, "name", is_ok, text)
        return outcome.passed, len(outcome.failed)

    def test_junit(self):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(
                '<testsuite><testcase name="a" status="run"><system-out>Ran 3 tests in 1s\n\nOK\x01</system-out></testcase>'
                '<testcase name="b" status="fail"><failure message=""/><system-out>x</system-out></testcase>'
                '<testcase name="c" status="notrun"><skipped message="Unable to find executable"/></testcase>'
                '<testcase name="d" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase></testsuite>'
            )
            file.flush()
            outcome = stages.read_junit(Path(file.name))
        self.assertEqual((outcome.passed, len(outcome.failed)), (3, 2))


class Processes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.logs, stages.LOGS = stages.LOGS, Path(self.folder.name)
        self.runner = stages.Runner(time.monotonic() + 60)

    def tearDown(self):
        stages.LOGS = self.logs

    def test_code_and_text(self):
        self.assertEqual(self.runner.run("log", ["sh", "-c", "echo hello; exit 3"]), (3, "hello\n"))

    def test_what_a_command_leaves_behind_is_ended(self):
        _, text = self.runner.run("log", ["sh", "-c", "sleep 1000 & echo $!"])
        self.assertFalse(is_running(int(text)))

    def test_what_takes_too_long_is_ended_and_failed(self):
        code, text = self.runner.run("log", ["sh", "-c", "echo $$; trap '' TERM; sleep 1000; sleep 1000"], timeout=0.3)
        self.assertEqual(code, 124)
        self.assertFalse(is_running(int(text.split()[0])))


def is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


if __name__ == "__main__":
    unittest.main()
