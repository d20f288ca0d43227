"""Certificates of clients, and the authorities that sign them, made with the openssl command for one test."""

import ssl
import subprocess
from pathlib import Path

from certificate import CURVE


class Authority:
    """Signs certificates; `path` is its own, as a PEM file."""

    def __init__(self, directory, name="authority"):
        self.directory, self.name = Path(directory), name
        self.path, self.key = self.directory / f"{name}.pem", self.directory / f"{name}-key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", *CURVE, "-nodes", "-days", "2", "-subj", f"/CN={name}"]
            + ["-keyout", self.key, "-out", self.path],
            check=True,
            capture_output=True,
        )

    def issue(self, name, subject=None, names=None, days=2, usage="clientAuth"):
        """A certificate of a client: by default its common name is `name`."""
        path, key, request, extensions = (
            self.directory / f"{self.name}-{name}{end}" for end in (".pem", "-key.pem", ".csr", ".ext")
        )
        lines = ["basicConstraints=CA:FALSE", f"extendedKeyUsage={usage}"]
        if names:
            lines.append(f"subjectAltName={names}")
        extensions.write_text("\n".join(lines) + "\n")
        for command in (
            ["req", "-new", *CURVE, "-nodes", "-subj", subject or f"/CN={name}", "-keyout", key, "-out", request],
            ["x509", "-req", "-in", request, "-CA", self.path, "-CAkey", self.key, "-CAcreateserial"]
            + ["-days", str(days), "-extfile", extensions, "-out", path],
        ):
            subprocess.run(["openssl", *command], check=True, capture_output=True)
        return ClientCertificate(path, key)


class ClientCertificate:
    """A certificate and its key, as PEM files."""

    def __init__(self, path, key):
        self.path, self.key = path, key

    def context(self, server, version=None):
        """A client's context that trusts `server`, and shows this certificate."""
        context = trusting(server, version)
        context.load_cert_chain(self.path, self.key)
        return context


def trusting(server, version=None):
    """A client's context that trusts `server`, and shows no certificate."""
    context = ssl.create_default_context(cafile=server.path)
    if version:
        context.minimum_version = context.maximum_version = version
    return context
