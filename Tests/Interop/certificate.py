"""Certificates for 127.0.0.1 that the openssl command makes for one test."""

import ssl
import subprocess
from pathlib import Path

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


class Certificate:
    """A self-signed certificate and its key, as PEM files; `kind` is what `openssl req` takes for a new key."""

    def __init__(self, directory, name="relay", kind=CURVE):
        self.path = Path(directory) / f"{name}.pem"
        self.key = Path(directory) / f"{name}-key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", *kind, "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", NAMES]
            + ["-keyout", self.key, "-out", self.path],
            check=True,
            capture_output=True,
        )

    @property
    def options(self):
        """The relay's flags."""
        return [("--tls-certificate", self.path), ("--tls-key", self.key)]

    @property
    def trust(self):
        """A client's context that trusts nobody else."""
        return ssl.create_default_context(cafile=self.path)

    @property
    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.path.read_text())

    def become(self, other):
        """Takes over another one's files, as a renewal does."""
        self.path.write_bytes(other.path.read_bytes())
        self.key.write_bytes(other.key.read_bytes())
