#!/usr/bin/env python3
"""The traps of the build: a program that is installed between two configures, and a tree that another user has built."""

import os
import pty
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(trap NONE)
include({ROOT}/cmake/find_once.cmake)
find_once(TOOL martlet-test-tool)
message(STATUS "tool=[${{TOOL}}]")
"""


def make_program(path, text="#!/bin/sh\nexit 0\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="martlet-build-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.folder.chmod(0o755)


class FindOnce(Folder):
    def setUp(self):
        super().setUp()
        (self.folder / "CMakeLists.txt").write_text(PROJECT)
        self.tool = self.folder / "bin/martlet-test-tool"

    def configure(self, *arguments):
        """What the configure found."""
        environment = {**os.environ, "PATH": f"{self.tool.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["cmake", *arguments, "-S", self.folder, "-B", self.folder / "build"], env=environment,
                              capture_output=True, text=True, timeout=60, check=True)
        return next(line.split("tool=", 1)[1] for line in done.stdout.splitlines() if "tool=" in line)

    def test_what_is_installed_later_changes_nothing(self):
        self.assertEqual(self.configure(), "[]")
        make_program(self.tool)
        self.assertEqual(self.configure(), "[]")
        self.assertEqual(self.configure("--fresh"), f"[{self.tool}]")

    def test_what_was_there_stays_until_it_is_removed(self):
        make_program(self.tool)
        self.assertEqual(self.configure(), f"[{self.tool}]")
        self.assertEqual(self.configure(), f"[{self.tool}]")
        self.tool.unlink()
        self.assertEqual(self.configure(), "[]")

    def test_the_house_finds_its_launcher_once(self):
        text = (ROOT / "cmake/house.cmake").read_text()
        self.assertIn("find_once(CCACHE ccache)", text)
        self.assertNotIn("find_program(", text)


class Run(Folder):
    """./run in a tree of its own, with a cmake that does as it is told."""

    def setUp(self):
        super().setUp()
        (self.folder / "scripts").mkdir()
        shutil.copy(ROOT / "run", self.folder / "run")
        shutil.copy(ROOT / "scripts/ports.sh", self.folder / "scripts/ports.sh")
        make_program(self.folder / "scripts/packages.sh")
        self.environment = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def cmake(self, text):
        make_program(self.folder / "bin/cmake", f"#!/bin/sh\n{text}\n")

    def run_it(self, prefix=(), **options):
        return subprocess.run([*prefix, self.folder / "run", "--build-only"], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False, **options)

    def test_a_tree_that_root_has_built(self):
        if os.getuid() != 0 or shutil.which("runuser") is None:
            self.skipTest("this needs root")
        self.cmake("exit 0")
        self.assertEqual(self.run_it().returncode, 0)
        self.folder.chmod(0o777)
        done = self.run_it(("runuser", "-u", "nobody", "--"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(f"nobody may not write {self.folder}/build, which belongs to root.", done.stderr)
        self.assertIn(f"sudo chown -R nobody {self.folder}", done.stderr)
        self.assertNotIn("unbound variable", done.stderr)

    def check_log(self, said):
        self.assertIn("the whole text is in build/run.log", said)
        self.assertIn("wren.cc:7: error", said)
        self.assertIn("wren.cc:7: error", (self.folder / "build/run.log").read_text())

    def test_the_log_of_a_failed_build_holds_the_error(self):
        self.cmake('case "$*" in *--build*) echo "wren.cc:7: error"; exit 1;; esac')
        self.check_log(self.run_it().stderr)

    def test_the_log_of_a_failed_build_in_a_terminal_holds_the_error(self):
        self.cmake('case "$*" in *--build*) echo "wren.cc:7: error"; exit 1;; esac')
        ours, theirs = pty.openpty()
        with subprocess.Popen([self.folder / "run", "--build-only"], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=subprocess.PIPE, text=True) as process:
            os.close(theirs)
            said = process.stderr.read()
            self.assertEqual(process.wait(60), 1)
        os.close(ours)
        self.check_log(said)


if __name__ == "__main__":
    assert stat.S_IXUSR & os.stat(ROOT / "run").st_mode
    sys.exit(unittest.main())
