#!/usr/bin/env python3
"""Each rule of tidy.py against a small tree that breaks it, and one that breaks none."""

import tempfile
import unittest
from pathlib import Path

import tidy

SOUND = {
    "src/CMakeLists.txt": "martlet_part(base)\nmartlet_part(mqtt LINK martlet_base)\n"
    "martlet_part(broker LINK martlet_base)\nadd_executable(martlet main.cc)\n",
    "tests/CMakeLists.txt": "martlet_test(base LINK martlet_base)\n",
    "src/main.cc": "int main() {}\n",
    "src/base/clock.h": "#pragma once\n\n// The time. Any thread.\n",
    "src/base/clock.cc": '#include "base/clock.h"\n',
    "src/mqtt/topic.h": '#pragma once\n\n// Topics. Any thread.\n\n#include "base/clock.h"\n',
    "tests/base/clock_test.cc": '#include "base/clock.h"\n',
}


def breaches(changes):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**SOUND, **changes}.items():
            file = Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return [f"{path}:{line}: {message}" for path, line, message in tidy.House(root).check()]


class Tidy(unittest.TestCase):
    def expect(self, changes, *wanted):
        found = breaches(changes)
        self.assertEqual(len(found), len(wanted), found)
        for line, part in zip(found, wanted):
            self.assertIn(part, line)

    def test_a_sound_tree_has_no_breach(self):
        self.expect({})

    def test_a_lower_floor_does_not_know_a_higher_one(self):
        self.expect({"src/base/clock.cc": '\n#include "mqtt/topic.h"\n'}, "clock.cc:2: base must not know mqtt")

    def test_two_folders_of_one_floor_do_not_know_each_other(self):
        header = "#pragma once\n// Loops.\n"
        parts = SOUND["src/CMakeLists.txt"] + "martlet_part(net)\n"
        changes = {"src/net/loop.h": header, "src/mqtt/a.cc": '#include "net/loop.h"\n', "src/CMakeLists.txt": parts}
        self.expect(changes, "mqtt must not know net")

    def test_the_broker_knows_no_sockets(self):
        self.expect({"src/broker/a.cc": "#include <sys/socket.h>\n"}, "broker knows no sockets")

    def test_circles_inside_a_folder(self):
        changes = {
            "src/base/a.h": '#pragma once\n// A.\n#include "base/b.h"\n',
            "src/base/b.h": '#pragma once\n// B.\n#include "base/a.h"\n',
        }
        self.expect(changes, "src/base/b.h:3: includes go in a circle: src/base/a.h > src/base/b.h > src/base/a.h")

    def test_includes_are_written_from_src(self):
        self.expect({"src/base/clock.cc": '#include "clock.h"\n'}, '"clock.h" is not written from src/')
        self.expect({"src/base/clock.cc": "#include <base/clock.h>\n"}, 'is written "base/clock.h"')

    def test_length(self):
        self.expect({"src/base/clock.cc": "\n" * 600})
        self.expect({"src/base/clock.cc": "\n" * 601}, "601 lines")

    def test_headers_begin_as_they_should(self):
        self.expect({"src/base/a.h": "// Late.\n#pragma once\n"}, "begins with #pragma once")
        self.expect({"src/base/a.h": "#pragma once\nint x;\n"}, "comes what it is for")

    def test_names(self):
        self.expect({"src/base/string_util.h": "#pragma once\n// Strings.\n"}, '"util" is no name')
        self.expect({"src/base/Clock2.cc": ""}, "snake_case")

    def test_forbidden_headers(self):
        self.expect({"src/base/clock.cc": "#include <regex>\n"}, "<regex>")
        self.expect({"tests/base/clock_test.cc": "#include <iostream>\n"}, "<iostream>")

    def test_one_library_one_door(self):
        self.expect({"src/base/log.cc": "#include <spdlog/sinks/sink.h>\n"})
        self.expect({"src/base/clock.cc": "#include <spdlog/spdlog.h>\n"}, "through src/base/log.cc only")
        seven = {f"src/base/{name}.cc": "#include <openssl/evp.h>\n" for name in "abcdefg"}
        self.expect(seven, *["included by 7 files, at most 6"] * 7)
        self.expect({"src/base/a.h": "#pragma once\n// A.\n#include <argon2.h>\n"}, "in a header of ours")

    def test_throw_counts_in_code_only(self):
        self.expect({"src/base/clock.cc": 'int f() {\n    throw 1;\n}\n'}, "clock.cc:2: we throw nothing")
        self.expect({"src/base/clock.cc": '// throw\nauto a = "throw"; /* throw */ char b = \'"\';\n'})
        self.expect({"src/base/clock.cc": 'auto a = R"(\n" throw\n)";\n'})

    def test_markers_want_an_issue(self):
        self.expect({"src/base/clock.cc": "// TODO: later\n"}, "TODO without an issue number")
        self.expect({"src/base/clock.cc": "// TODO(#7): later\n"})

    def test_a_file_that_nobody_builds(self):
        self.expect({"src/net/loop.cc": ""}, "no martlet_part(net)")
        self.expect({"tests/base/model.cc": ""}, "tests/base/model.cc:1: nobody builds it")
        self.expect({"tests/mqtt/topic_test.cc": ""}, "tests/mqtt/topic_test.cc:1: nobody builds it")
        cmake = SOUND["tests/CMakeLists.txt"] + "add_executable(load sim/load.cc)\n"
        self.expect({"tests/sim/load.cc": "", "tests/CMakeLists.txt": cmake})
        loop = "foreach(kind ack)\n  martlet_fuzz(mqtt_${kind} LINK x)\nendforeach()\n"
        self.expect({"tests/fuzz/mqtt_ack.cc": "", "tests/fuzz/CMakeLists.txt": loop})
        self.expect({"tests/fuzz/mqtt_new.cc": "", "tests/fuzz/CMakeLists.txt": loop}, "nobody builds it")

    def test_links_go_down_too(self):
        cmake = SOUND["src/CMakeLists.txt"].replace("martlet_part(base)", "martlet_part(base LINK martlet_mqtt)")
        self.expect({"src/CMakeLists.txt": cmake}, "src/CMakeLists.txt:1: base must not link mqtt")
        cmake = SOUND["src/CMakeLists.txt"] + "martlet_part(attic)\n"
        self.expect({"src/CMakeLists.txt": cmake}, "attic has no floor")

    def test_a_command_without_a_row(self):
        header = "#pragma once\n// Says hello.\n\nint hello_main(int argc, char** argv);\n"
        parts = SOUND["src/CMakeLists.txt"] + "martlet_part(cli LINK martlet_base)\n"
        changes = {"src/cli/hello.h": header, "src/CMakeLists.txt": parts, "src/cli/commands.cc": "Row rows[] = {};\n"}
        self.expect(changes, "src/cli/hello.h:4: hello_main has no row in src/cli/commands.cc")
        self.expect({**changes, "src/cli/commands.cc": "Row rows[] = {{hello_main}};\n"})


if __name__ == "__main__":
    unittest.main()
