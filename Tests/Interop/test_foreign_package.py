"""A package that depends on the libraries by their URL: what it fetches, that it builds, and that it runs."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MANIFEST = """\
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "foreign",
    dependencies: [
        {packages}
    ],
    targets: [
        .executableTarget(name: "foreign", dependencies: [{products}])
    ]
)
"""

MAIN = """\
import Backoffs
import GraphQLSession
import GraphQLSessionCodable
{imports}

struct Answer: Decodable {{ let n: Int }}

/// Another framework's, whose name is free.
struct Session {{}}

let request = try GraphQLRequest(query: "query ($a: Int) {{ n }}", variables: ["a": 1])
print("variables:", String(decoding: request.variables ?? [], as: UTF8.self))
print("end:", Backoffs.StreamEnd.completed, Session())
var client = GraphQLClient(endpoint: try Endpoint(parsing: "ws://127.0.0.1:1/"))
{settings}
do {{
    let answer = try await client.withSession(retryConnect: .off, onEvent: {{ print("event:", $0) }}) {{ session in
        try await session.execute(request).decode(Answer.self)
    }}
    print("answer:", answer)
}} catch SessionError.ended(let failure) {{
    print("gave up:", failure)
}}
"""


def run(*command, cwd, timeout=60):
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout)
    assert result.returncode == 0, f"{command}:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return result.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a clone of the last commit, and room for a package beside it."""
    if shutil.which("swift") is None or not (ROOT / ".git").exists():
        pytest.skip("needs Swift and a repository")
    place = tmp_path_factory.mktemp("foreign")
    run("git", "clone", "--quiet", str(ROOT), "fanout-relay", cwd=place)
    run("git", "checkout", "--quiet", "-B", "tested", cwd=place / "fanout-relay")
    (place / "user" / "Sources" / "foreign").mkdir(parents=True)
    return place


def build(place, *, logs):
    """Builds and runs the package; gives what it prints and the packages that it fetched."""
    user = place / "user"
    traits = ', traits: ["Logging"]' if logs else ""
    packages = [f'.package(url: "{(place / "fanout-relay").as_uri()}", branch: "tested"{traits})']
    products = ["GraphQLSession", "GraphQLSessionCodable", "Backoffs"]
    products = [f'.product(name: "{name}", package: "fanout-relay")' for name in products]
    imports = settings = ""
    if logs:
        packages.append('.package(url: "https://github.com/apple/swift-log", from: "1.16.2")')
        products.append('.product(name: "Logging", package: "swift-log")')
        imports = "import Logging"
        handler = "{ StreamLogHandler.standardOutput(label: $0) }"
        settings = f'client.configuration.logger = Logger(label: "foreign", factory: {handler})'
    manifest = MANIFEST.format(packages=",\n        ".join(packages), products=", ".join(products))
    (user / "Package.swift").write_text(manifest)
    (user / "Sources" / "foreign" / "main.swift").write_text(MAIN.format(imports=imports, settings=settings))
    run("swift", "build", cwd=user, timeout=1500)
    output = run(user / ".build" / "debug" / "foreign", cwd=user)
    return output.splitlines(), {path.name for path in (user / ".build" / "checkouts").iterdir()}


def test_a_dependent_fetches_swift_collections_only_and_logs_by_a_trait(place):
    lines, fetched = build(place, logs=False)
    assert fetched == {"fanout-relay", "swift-collections"}
    assert lines[:3] == ['variables: {"a":1}', "end: completed Session()", "event: connecting(attempt: 1)"]
    assert lines[-1].startswith("gave up: unreachable: 127.0.0.1 refuses the connection")
    assert len(lines) == 5, lines

    # The same build goes on with the trait.
    lines, fetched = build(place, logs=True)
    assert fetched == {"fanout-relay", "swift-collections", "swift-log"}
    logged = [line for line in lines if " error foreign" in line]
    assert len(logged) == 1 and "gave up" in logged[0] and "refuses the connection" in logged[0], lines
