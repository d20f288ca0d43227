#!/usr/bin/env python3
"""Measures what a handshake with a signed token costs the relay, and what an idle client with one keeps.

    swift build -c release
    apt install python3-cryptography
    deploy/measure-handshakes.py [--connections 10000] [--protocol plain|graphql] [.build/release]

One relay lets everybody in, the other wants tokens by ES256. Each connection brings a token of its own: in the first
storm nobody has seen it, in the second the relay has judged it before. Prints CPU time of the relay for each handshake
and its resident memory for each connection; ends with 1 when a connection wasn't served.
"""

import argparse
import base64
import json
import os
import re
import select
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

TICKS = os.sysconf("SC_CLK_TCK")


def encode(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token(key, number):
    claims = {"sub": f"user-{number}", "exp": int(time.time()) + 3600, "topics": ["tick"]}
    signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "ES256", "typ": "JWT"}, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def started(command):
    """The process, once it listens, and its port."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text, deadline = "", time.monotonic() + 30
    while select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
        piece = os.read(process.stdout.fileno(), 4096).decode()
        text += piece
        if match := re.search(r"listening on http://127\.0\.0\.1:(\d+)\s", text):
            return process, int(match[1])
        if not piece:
            break
    process.kill()
    raise SystemExit(f"{command[0]} didn't start: {text}")


def cpu(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[1]) * 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def storm(load, relay, port, upstream, count, protocol, tokens):
    """CPU time of the relay, and its memory while all are there."""
    url = f"ws://127.0.0.1:{port}/" + ("graphql" if protocol == "graphql" else "topics/tick")
    command = [load, "run", url, "--connections", str(count), "--duration", "3s", "--no-ceiling"]
    command += ["--upstream", f"127.0.0.1:{upstream}", "--rate", "1"]
    command += ["--source-addresses", "127.0.0.2-127.0.0.9"]
    if protocol == "graphql":
        command += ["--protocol", "graphql", "--operation-name", "tick"]
    if tokens:
        command += ["--token-file", tokens]
    used, was = cpu(relay), resident(relay)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        held = was
        while run.poll() is None:
            held = max(held, resident(relay))
            time.sleep(0.05)
        output = run.stdout.read()
    if run.returncode != 0:
        raise SystemExit(f"not all were served:\n{output}")
    return cpu(relay) - used, held


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--protocol", choices=["plain", "graphql"], default="plain")
    parser.add_argument("build", nargs="?", default=".build/release")
    options = parser.parse_args()
    count, build = options.connections, Path(options.build)
    with tempfile.TemporaryDirectory() as folder:
        key = ec.generate_private_key(ec.SECP256R1())
        public = Path(folder, "key.pem")
        public.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        tokens = Path(folder, "tokens")
        tokens.write_text("".join(token(key, number) + "\n" for number in range(count)))
        print(f"{count:,} connections ({options.protocol}), a token of {len(token(key, 0))} bytes each")
        rows = []
        for name, flags, storms in [
            ("open", [], ["first storm", "second storm"]),
            ("ES256", ["--jwt-key-file", str(public)], ["tokens never seen", "tokens judged before"]),
        ]:
            upstream = free_port()
            command = [str(build / "fanout-relay"), "serve", "--listen", "127.0.0.1:0", "--shards", "1"]
            command += ["--upstream", f"ws://127.0.0.1:{upstream}/graphql"]
            command += ["--topic", "tick=subscription { tick { n at } }", "--max-connections", str(count + 100)]
            relay, port = started(command + flags)
            try:
                before = resident(relay)
                for storm_name in storms:
                    used, held = storm(
                        str(build / "fanout-load"), relay, port, upstream, count, options.protocol,
                        str(tokens) if flags else None,
                    )
                    rows.append((name, storm_name, used / count * 1e6, (held - before) / count))
            finally:
                relay.terminate()
                relay.wait(30)
    print(f"{'relay':8}{'':24}{'CPU µs':>10}{'bytes':>10}")
    for name, storm_name, used, held in rows:
        print(f"{name:8}{storm_name:24}{used:10.1f}{held:10,.0f}")


if __name__ == "__main__":
    main()
