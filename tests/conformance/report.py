"""docs/conformance.md: each numbered statement of MQTT 5.0 and 3.1.1, and the cases for it."""

import os

import cases

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(HERE, "..", "..", "docs", "conformance.md")
TITLES = {"v5": "MQTT 5.0", "v311": "MQTT 3.1.1"}
WHO = ("server", "client", "both")

HEAD = """# Conformance

Made by `tests/conformance/run.py --report` from `tests/conformance/clauses.txt` and the cases
beside it; do not edit.

Each numbered statement of the two OASIS standards, in our words, with the cases that hold the
broker to it, or why there is none. Beyond its cases, the runner holds every packet that the broker
sends to the rules of its format: flags, lengths, properties, reason codes, UTF-8.
"""


class Clause:
    def __init__(self, version, tag, who, summary, reason):
        self.version, self.tag, self.who, self.summary, self.reason = (
            version,
            tag,
            who,
            summary,
            reason,
        )
        self.cases = []

    @property
    def proof(self):
        if self.cases:
            return "<br>".join(f"`{case.file}` {case.title}" for case in self.cases)
        return self.reason or ("binds the client" if self.who == "client" else "")


def read_clauses():
    with open(os.path.join(HERE, "clauses.txt"), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            parts = [part.strip() for part in line.split("|")]
            if len(parts) not in (4, 5) or parts[0] not in TITLES or parts[2] not in WHO:
                raise cases.Mistake(
                    f"clauses.txt:{number}: want VERSION | TAG | WHO | SUMMARY [| REASON]"
                )
            yield Clause(*parts, *([""] if len(parts) == 4 else []))


def join(found):
    """Clauses with their cases, and the cases of sections that have no numbered statement."""
    clauses = list(read_clauses())
    by_tag = {(clause.version, clause.tag): clause for clause in clauses}
    if len(by_tag) != len(clauses):
        raise cases.Mistake("clauses.txt: a clause stands there twice")
    sections = {}
    for case in found:
        for tag in case.tags:
            if tag.startswith("MQTT-") and (case.version, tag) in by_tag:
                by_tag[case.version, tag].cases.append(case)
            elif tag.startswith("section "):
                sections.setdefault((case.version, tag[8:]), []).append(case)
            else:
                raise cases.Mistake(
                    f"{case.file}:{case.line}: clauses.txt has no [{tag}] for {case.version}"
                )
    bare = [clause.tag for clause in clauses if not clause.proof]
    if bare:
        raise cases.Mistake(f"neither case nor reason: {', '.join(bare)}")
    return clauses, sections


def section_key(item):
    return item[0][0], [int(part) if part.isdigit() else 0 for part in item[0][1].split(".")]


def render(found):
    clauses, sections = join(found)
    out = [HEAD]
    for version, title in TITLES.items():
        mine = [clause for clause in clauses if clause.version == version]
        bound = [clause for clause in mine if clause.who != "client"]
        tested = sum(bool(clause.cases) for clause in bound)
        out.append(
            f"## {title}\n\n{len(mine)} statements, {len(bound)} of them bind a server; "
            f"{tested} of these have cases.\n"
        )
        out.append("| statement | binds | what it asks | cases, or why none |\n|---|---|---|---|")
        out += [
            f"| {clause.tag} | {clause.who} | {clause.summary} | {clause.proof} |"
            for clause in mine
        ]
        out.append("")
    out.append(
        "## Text without a numbered statement\n\n| version | section | cases |\n|---|---|---|"
    )
    for (version, section), proof in sorted(sections.items(), key=section_key):
        names = "<br>".join(f"`{case.file}` {case.title}" for case in proof)
        out.append(f"| {version} | {section} | {names} |")
    return "\n".join(out) + "\n"


def write(found, check):
    text = render(found)
    if not check:
        with open(TARGET, "w", encoding="utf-8") as out:
            out.write(text)
        return 0
    try:
        with open(TARGET, encoding="utf-8") as stands:
            is_current = stands.read() == text
    except FileNotFoundError:
        is_current = False
    print(
        "docs/conformance.md "
        + (
            "is up to date"
            if is_current
            else "is out of date: run tests/conformance/run.py --report"
        )
    )
    return 0 if is_current else 1
