"""A resolver that doesn't answer: whoever needs the name waits, and nothing else does."""

import asyncio
import shutil
import socket
import subprocess

import pytest
from probe import eventually, get

COMPILER = shutil.which("cc") or shutil.which("clang")

# Stands before the C library's own function, and says to a file that it was called.
PRELOADED = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
    if (name && strstr(name, ".hanging.invalid")) {
        FILE *calls = fopen(getenv("HANGING_CALLS"), "a");
        fprintf(calls, "%s\\n", name);
        fclose(calls);
        for (;;) { pause(); }
    }
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    next = (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
        RTLD_NEXT, "getaddrinfo");
    return next(name, service, hints, list);
}
"""


class Nameless:
    """An upstream whose address nobody tells."""

    graphql_url = "ws://link.hanging.invalid/graphql"


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
@pytest.mark.parametrize("executes", [False, True], ids=["over the link", "over HTTP too"])
async def test_a_drain_waits_for_no_name(executes, start_relay, tmp_path, monkeypatch):
    source, library, calls = tmp_path / "hanging.c", tmp_path / "hanging.so", tmp_path / "calls"
    source.write_text(PRELOADED)
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    calls.touch()
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HANGING_CALLS", str(calls))
    monkeypatch.setenv("LD_PRELOAD", str(library))
    options = [("--allow-execute",)]
    if executes:
        options.append(("--execute-url", "http://execute.hanging.invalid/graphql"))
    relay = start_relay(Nameless, options=options)
    monkeypatch.delenv("LD_PRELOAD")
    await eventually(lambda: "link." in calls.read_text(), "the link's name is asked for")
    if executes:
        # It leaves without its answer, which a drain would wait for.
        with socket.create_connection(("127.0.0.1", relay.port)) as client:
            body = b'{"query": "{ n }"}'
            head = f"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            client.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
            await eventually(lambda: "execute." in calls.read_text(), "the other name is asked for")
    assert get(f"{relay.url}/healthz")[0] == 200
    relay.terminate()
    assert await asyncio.to_thread(relay.wait) == 0
    assert not relay.log_lines("the drain is given up")
