"""Writes the manual pages of a program, by what it tells of its own flags: `manual.py PROGRAM DATE VERSION DIRECTORY`.

Each subcommand has a page of its own. swift-argument-parser has a plugin for this too; it would build everything once
more for it, and runs tables and examples in the text together.
"""

import json
import re
import subprocess
import sys
from pathlib import Path


def escaped(text):
    """Text that troff takes as it stands (man(7))."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti")
    text = re.sub(r"[^\x00-\x7f]", lambda match: f"\\[u{ord(match[0]):04X}]", text)
    return re.sub(r"^\.", r"\\&.", text, flags=re.MULTILINE)


def paragraphs(text):
    """Running text is filled; examples and tables, which have runs of spaces, keep their lines."""
    lines, is_kept = [], False
    for line in (text or "").splitlines():
        if line.strip() and (line.startswith(" ") or "   " in line) != is_kept:
            is_kept = not is_kept
            lines.append(".PP\n.nf" if is_kept else ".fi\n.PP")
        lines.append(escaped(line) if line.strip() else ("" if is_kept else ".PP"))
    return [line for line in [*lines, ".fi" if is_kept else ""] if line]


def name(flag):
    return ("-" if flag["kind"] == "short" else "--") + flag["name"]


def argument(entry):
    """A flag's names and value, and what it does."""
    value = f"\\fI{escaped(entry.get('valueName', ''))}\\fR"
    if entry["kind"] == "positional":
        heading = value
    else:
        heading = ", ".join(f"\\fB{escaped(name(flag))}\\fR" for flag in entry["names"])
        if entry["kind"] == "option":
            heading += f" {value}"
    words = entry.get("abstract") or ""
    if entry.get("allValues"):
        words += f" One of {', '.join(entry['allValues'])}."
    if entry.get("defaultValue"):
        words += f" By default {entry['defaultValue']}."
    return [".TP", heading, *(escaped(words).splitlines() or ["\\&"])]


def synopsis(title, command):
    words = [f"\\fB{escaped(word)}\\fR" for word in title]
    arguments = [entry for entry in command.get("arguments", []) if entry.get("shouldDisplay", True)]
    if command.get("subcommands"):
        words.append("\\fIsubcommand\\fR")
    if any(entry["kind"] != "positional" for entry in arguments):
        words.append("[\\fIoptions\\fR]")
    words += [f"[\\fI{escaped(entry['valueName'])}\\fR]" for entry in arguments if entry["kind"] == "positional"]
    return " ".join(words)


def page(title, command, date, version):
    """The text of a page."""
    lines = [f'.TH "{"-".join(title).upper()}" 1 {date} "{title[0]} {version}" "User Commands"', ".SH NAME"]
    lines.append(f"{'-'.join(title)} \\- {escaped(command.get('abstract', '').rstrip('.'))}")
    lines += [".SH SYNOPSIS", synopsis(title, command)]
    lines += [".SH DESCRIPTION", *(paragraphs(command.get("discussion")) or [escaped(command.get("abstract", ""))])]
    subcommands = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]
    if subcommands:
        lines.append(".SH COMMANDS")
        for sub in subcommands:
            lines += [".TP", f"\\fB{escaped('-'.join([*title, sub['commandName']]))}\\fR(1)"]
            lines.append(escaped(sub.get("abstract", "")) or "\\&")
    section = None
    for entry in command.get("arguments", []):
        if not entry.get("shouldDisplay", True):
            continue
        if (title_of_section := entry.get("sectionTitle") or "Options") != section:
            section = title_of_section
            lines.append(f".SH {escaped(section.upper())}")
        lines += argument(entry)
    if len(title) > 1:
        lines += [".SH SEE ALSO", f"\\fB{title[0]}\\fR(1)"]
    return "\n".join(lines) + "\n"


def pages(title, command, date, version):
    yield "-".join(title), page(title, command, date, version)
    for sub in command.get("subcommands", []):
        if sub["commandName"] != "help":
            yield from pages([*title, sub["commandName"]], sub, date, version)


def main(program, date, version, directory):
    told = subprocess.run([program, "--experimental-dump-help"], capture_output=True, check=True, timeout=60)
    command = json.loads(told.stdout)["command"]
    for title, text in pages([command["commandName"]], command, date, version):
        (Path(directory) / f"{title}.1").write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
