"""The pages for people: links lead somewhere, configuration is accepted, commands and their flags exist."""

import re
import shlex
from pathlib import Path

from case import Case
from tls import Authority

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.M | re.S)
ACCESS = re.compile(r"^topic (read|write|readwrite|deny)\b", re.M)
OF_FILES = ("password_file", "acl_file", "telemetry_map")  # the files of an example are not there
OF_TLS = {"certfile": "server.crt", "keyfile": "server.key", "cafile": "ca.crt", "crlfile": "ca.crl", "psk_file": "psk"}


def blocks(page):
    """(first line, language, text) of each fenced block."""
    text = page.read_text()
    for found in FENCE.finditer(text):
        indent = len(found.group(1))
        lines = [line[indent:] for line in found.group(3).splitlines()]
        yield text.count("\n", 0, found.start()) + 2, found.group(2), "\n".join(lines)


def anchors(page):
    """The names that GitHub gives to the headings of a page."""
    text = FENCE.sub("", page.read_text())
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def configuration_keys():
    page = (ROOT / "docs/configuration.md").read_text()
    return set(re.findall(r"^\| `(\w+)` \|", page, re.M))


def is_configuration(language, text, keys):
    """Said to be, or all its lines begin with a key."""
    if language == "conf":
        return True
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return not language and bool(lines) and all(words[0] in keys for words in lines) and not ACCESS.search(text)


def commands(text):
    """The words of each call of martlet, up to a pipe, a redirection, a comment or the next command."""
    for line in text.splitlines():
        for part in re.split(r"[|;()]| >+ ?| <| +#", line):
            found = re.match(r"\s*(?:\$ )?(?:umask \d+ *)?(?:\S*/)?martlet ([a-z]+)\b(.*)", part)
            if found:
                yield found.group(1), found.group(2)


def flags(rest):
    try:
        words = shlex.split(rest)
    except ValueError:  # a quote that goes on in the next line
        words = rest.split()
    return [word.split("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)]


class Documentation(Case):
    def test_links_lead_somewhere(self):
        wrong = []
        for page in PAGES:
            for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
                if re.match(r"https?:", target):
                    continue
                path, _, anchor = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                if not file.exists() or anchor and anchor not in anchors(file):
                    wrong.append(f"{page.name}: {target}")
        self.assertEqual(wrong, [])

    def test_configuration_is_accepted(self):
        keys = configuration_keys()
        seen = 0
        for page in PAGES:
            for line, language, text in blocks(page):
                if not is_configuration(language, text, keys):
                    continue
                for row in text.splitlines():  # a comment begins in the first column: elsewhere it is part of the value
                    self.assertNotRegex(row, r"^(?!#|topic ).*\s#(\s|$)", f"{page.name}:{line}")
                kept = [row for row in text.splitlines() if not row.startswith(OF_FILES)]
                if any(row.startswith(tuple(OF_TLS)) for row in kept):
                    kept = self.with_tls_files(kept)
                here = re.sub(r"(?m)^persistence_location \S+", f"persistence_location {self.directory}/", "\n".join(kept))
                done = self.run_martlet("check", "-q", "-c", self.write("page.conf", here + "\n"))
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), f"{page.name}:{line}")
                seen += 1
        self.assertGreater(seen, 5)

    def with_tls_files(self, rows):
        """The same lines with files that are there, and with a certificate where a part of the page needs one."""
        if not self.path("ca.crl").exists():
            authority = Authority(self.directory)
            authority.sign("server")
            authority.revoke()
            self.write("psk", "pump-7:1c9a4f\n")
        if not any(row.startswith(("certfile", "psk_")) for row in rows):
            rows = ["listener 8883", "certfile F", "keyfile F", *rows]
        words = [row.split(maxsplit=1) for row in rows]
        return [f"{word[0]} {self.path(OF_TLS[word[0]])}" if word and word[0] in OF_TLS else " ".join(word) for word in words]

    def test_commands_and_flags_exist(self):
        helps = {}
        for page in PAGES:
            if page.name == "commands.md":  # made from the tables of the commands
                continue
            for line, _, text in blocks(page):
                for command, rest in commands(text):
                    if command not in helps:
                        helps[command] = self.run_martlet(command, "--help")
                    done = helps[command]
                    self.assertIn("Usage: martlet", done.stdout, f"{page.name}:{line}: martlet {command}: {done.stderr}")
                    for flag in flags(rest):
                        self.assertRegex(done.stdout, rf"(?<![\w-]){re.escape(flag)}(?![\w-])",
                                         f"{page.name}:{line}: martlet {command} {flag}")
        self.assertGreater(len(helps), 8)
