"""Runs a command under the restrictions of a unit of systemd, without systemd: bubblewrap and libseccomp do it."""

import ctypes
import errno
import mmap
import re
import socket
import subprocess
from pathlib import Path

ALLOW = 0x7FFF0000
EQUAL, MASKED_EQUAL = 4, 7


def refuse(error):
    """Libseccomp's action SCMP_ACT_ERRNO."""
    return 0x00050000 | error


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`: what an argument of a system call must be for a rule to hold."""

    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    ]


class Filter:
    """A filter of system calls (seccomp(2))."""

    def __init__(self, otherwise):
        self.library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(otherwise)))

    def add(self, action, call, *comparison):
        """A rule; calls that this machine doesn't have need none."""
        number = self.library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:
            return
        comparisons = (Comparison * 1)(Comparison(*comparison)) if comparison else None
        arguments = (self.context, ctypes.c_uint32(action), number, len(comparison) > 0, comparisons)
        failure = self.library.seccomp_rule_add_array(*arguments)
        assert failure == 0, (call, failure)

    def save(self, path):
        with path.open("wb") as file:
            assert self.library.seccomp_export_bpf(self.context, file.fileno()) == 0
        return path


class Unit:
    """What a unit file says of its service."""

    def __init__(self, path):
        self.lines = re.findall(r"^(\w+)=(.*)$", Path(path).read_text(), re.MULTILINE)

    def values(self, name):
        return [value for key, value in self.lines if key == name]

    def value(self, name):
        return self.values(name)[-1]

    @property
    def system_calls(self):
        """Those of `SystemCallFilter`, by systemd's own groups (systemd.exec(5))."""
        allowed = set()
        for words in self.values("SystemCallFilter"):
            calls = {call for word in words.lstrip("~").split() for call in self._expanded(word)}
            allowed = allowed - calls if words.startswith("~") else allowed | calls
        return allowed

    def _expanded(self, word):
        if not word.startswith("@"):
            return {word}
        # So that none of a group within a group is left out, and what systemd always allows is there.
        text = subprocess.run(
            ["systemd-analyze", "syscall-filter", "--no-pager", word], capture_output=True, text=True, check=True
        ).stdout
        members = [line.strip() for line in text.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
        return {call for member in members for call in self._expanded(member)}


def sandboxed(unit, command, directory, writable):
    """The command within the restrictions of a unit: `writable` maps its directories to real ones."""
    calls = Filter(refuse(errno.EPERM))
    for call in sorted((unit.system_calls | unit._expanded("@default")) - {"socket"}):
        calls.add(ALLOW, call)
    for family in unit.value("RestrictAddressFamilies").split():
        calls.add(ALLOW, "socket", 0, EQUAL, getattr(socket, family), 0)
    other = Filter(ALLOW)
    assert unit.value("MemoryDenyWriteExecute") == unit.value("RestrictNamespaces") == "yes"
    both = mmap.PROT_WRITE | mmap.PROT_EXEC
    other.add(refuse(errno.EPERM), "mmap", 2, MASKED_EQUAL, both, both)
    for call in ("mprotect", "pkey_mprotect"):
        other.add(refuse(errno.EPERM), call, 2, MASKED_EQUAL, mmap.PROT_EXEC, mmap.PROT_EXEC)
    for call in ("unshare", "setns"):
        other.add(refuse(errno.EPERM), call)
    # Its flags can't be looked at, so that systemd lets libraries believe that it isn't there.
    other.add(refuse(errno.ENOSYS), "clone3")
    files = [filter.save(Path(directory) / name) for name, filter in (("calls.bpf", calls), ("other.bpf", other))]
    assert unit.value("ProtectSystem") == "strict" and unit.value("CapabilityBoundingSet") == ""
    wrapped = ["bwrap", "--die-with-parent", "--new-session", "--unshare-user", "--uid", "65534", "--gid", "65534"]
    wrapped += ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--cap-drop", "ALL"]
    wrapped += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    wrapped += ["--tmpfs", "/home", "--tmpfs", "/run"]
    # The program may lie where the service sees nothing.
    program, *arguments = command
    wrapped += ["--ro-bind", str(program), "/run/program"]
    for inside, outside in writable.items():
        wrapped += ["--bind", str(outside), inside]
    wrapped += ["--add-seccomp-fd", "8", "--add-seccomp-fd", "9"]
    script = 'calls=$1 other=$2; shift 2; exec "$@" 8<"$calls" 9<"$other"'
    return ["sh", "-c", script, "sh", *files, *wrapped, "/run/program", *arguments]
