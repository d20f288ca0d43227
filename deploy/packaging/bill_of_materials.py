"""Prints what programs contain and need, as CycloneDX 1.5.

`bill_of_materials.py VERSION DATE BUILD SHIPPED PROGRAM...`, where BUILD is the directory that `swift build
--show-bin-path` names, and SHIPPED has the programs as they are given away. Swift packages are those of which object
files were linked; their versions are those that the build had checked out. Shared libraries are those that the programs
name, and the event loop that libwebsockets loads when they run; which package of Debian has them, dpkg says.

`--packages BUILD PROGRAM...` prints the names alone: "swift" and a checkout, or "debian" and a package.
"""

import hashlib
import json
import re
import subprocess
import sys
import uuid
from pathlib import Path

# libwebsockets loads it by its name when it is asked for an event loop of libuv's.
LOADED = ["libwebsockets-evlib-uv"]


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def checkouts(build, program):
    """The names of the packages from which a program's object files came."""
    objects = (build / f"{program}.product" / "Objects.LinkFileList").read_text()
    found = set()
    for module in sorted(set(re.findall(r"/([^/\s]+)\.build/", objects))):
        # Of C the compiler tells its sources one by one.
        for told in [build / f"{module}.build" / "output-file-map.json", *(build / f"{module}.build").rglob("*.d")]:
            if told.exists():
                found |= set(re.findall(r"/checkouts/([^/]+)/", told.read_text().replace("\\/", "/")))
    return sorted(found)


def debian_packages(build, program):
    """The packages that have the shared libraries which a program names."""
    names = re.findall(r"NEEDED\s+(\S+)", output("objdump", "--private-headers", str(build / program)))
    places = dict(re.findall(r"(\S+) => (\S+)", output("ldd", str(build / program))))
    packages = set()
    for name in names:
        path = places.get(name)
        if not path:
            continue
        # With /usr merged, dpkg knows a file by the name under which its package has it.
        for candidate in (path, path.removeprefix("/usr"), str(Path(path).resolve())):
            found = subprocess.run(["dpkg-query", "--search", candidate], capture_output=True, text=True)
            if found.returncode == 0:
                packages.add(found.stdout.split(":")[0])
                break
        else:
            sys.exit(f"bill_of_materials.py: no package of Debian has {path}")
    return sorted(packages | set(LOADED if "libwebsockets17" in packages else []))


def licence(file):
    """The expression of SPDX for a licence's text; of those that the packages have."""
    text = file.read_text()
    exception = " WITH Swift-exception" if "Runtime Library Exception" in text else ""
    kinds = {"Apache License": f"Apache-2.0{exception}", "MIT License": "MIT", "Permission is hereby granted": "MIT"}
    found = next((kind for words, kind in kinds.items() if words in text), None)
    return [{"expression": found}] if found else sys.exit(f"bill_of_materials.py: {file}: an unknown licence")


def swift_component(name, pins, checkout):
    pin = next(pin for pin in pins if pin["subpath"] == name)
    location = pin["packageRef"]["location"].removesuffix(".git")
    state = pin["state"]["checkoutState"]
    version = state["version"]
    identifier = f"pkg:swift/{location.removeprefix('https://')}@{version}"
    reference = {"type": "vcs", "url": location, "comment": f"commit {state['revision']}"}
    licences = licence(next(checkout.glob("LICENSE*")))
    return component(name, version, identifier, licenses=licences, externalReferences=[reference])


def component(name, version, identifier, kind="library", **more):
    return {"type": kind, "bom-ref": identifier, "name": name, "version": version, "purl": identifier, **more}


def debian_component(name):
    version, architecture = output("dpkg-query", "--show", "--showformat", "${Version} ${Architecture}", name).split()
    return component(name, version, f"pkg:deb/debian/{name}@{version}?arch={architecture}&distro=debian-12")


def swift_runtime():
    version = re.search(r"Swift version (\S+)", output("swift", "--version"))[1]
    parts = "its standard library, concurrency, libdispatch and FoundationEssentials, linked statically"
    identifier = f"pkg:swift/github.com/swiftlang/swift@{version}"
    licences = [{"expression": "Apache-2.0 WITH Swift-exception"}]
    return component("swift-runtime", version, identifier, licenses=licences, description=parts)


def bill(version, date, build, shipped, programs):
    scratch = build.parents[1]
    pins = json.loads((scratch / "workspace-state.json").read_text())["object"]["dependencies"]
    parts, dependencies, files = {}, [], []
    for program in programs:
        digest = hashlib.sha256((shipped / program).read_bytes()).hexdigest()
        identifier = f"pkg:generic/{program}@{version}"
        files.append(
            component(program, version, identifier, "application", hashes=[{"alg": "SHA-256", "content": digest}])
        )
        needed = [swift_component(name, pins, scratch / "checkouts" / name) for name in checkouts(build, program)]
        needed += [debian_component(name) for name in debian_packages(build, program)] + [swift_runtime()]
        parts |= {part["bom-ref"]: part for part in needed}
        dependencies.append({"ref": identifier, "dependsOn": sorted(part["bom-ref"] for part in needed)})
    whole = component("fanout-relay-release", version, f"pkg:generic/fanout-relay-release@{version}", "application")
    dependencies.insert(0, {"ref": whole["bom-ref"], "dependsOn": [file["bom-ref"] for file in files]})
    digests = "".join(file["hashes"][0]["content"] for file in files)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digests)}",
        "version": 1,
        "metadata": {"timestamp": date, "component": whole},
        "components": files + [parts[key] for key in sorted(parts)],
        "dependencies": dependencies,
    }


def main(arguments):
    if arguments[0] == "--packages":
        build, programs = Path(arguments[1]).resolve(), arguments[2:]
        lines = {f"swift {name}" for program in programs for name in checkouts(build, program)}
        lines |= {f"debian {name}" for program in programs for name in debian_packages(build, program)}
        print("\n".join(sorted(lines)))
        return
    version, date, build, shipped, *programs = arguments
    print(json.dumps(bill(version, date, Path(build).resolve(), Path(shipped), programs), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
