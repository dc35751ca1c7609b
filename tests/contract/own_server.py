"""The kit in address mode against a gateway of ours: `python -m tests.contract.own_server [strict|permissive …]`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from contract_tests.address.face import FACES
from tests.fleet import Process


def gateway(folder, profile):
    """Return a gateway process over a fresh database."""
    database = f"sqlite:///{folder / 'gateway.sqlite'}"
    arguments = ("serve", "--port", "0", "--database", database, "--profile", profile, "--workers", "2")
    return Process(*arguments, "--pace", "0.02")


def kit(url, report, *faces, further=()):
    """Run the kit against an address; return what the report says of each face, and the process."""
    command = [sys.executable, "-m", "pytest", "-q", "--pyargs", "contract_tests", "--contract-url", url]
    command += ["-p", "no:cacheprovider", "--contract-report", str(report), *further]
    command += [part for face in faces for part in ("--contract-face", face)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    file = report / "contract.json"
    assert file.is_file(), ran.stdout + ran.stderr
    return {one["target"]: one for one in json.loads(file.read_bytes())["targets"]}, ran


def failed(face):
    """Return what failed of a face: code → rows."""
    return {one["code"]: one["rows"] for one in face["checks"] if one["outcome"] == "failed"}


def main(profiles):
    """Run all faces in each profile; return whether all passed."""
    worst = 0
    for profile in profiles:
        with tempfile.TemporaryDirectory() as name:
            process = gateway(Path(name), profile)
            process.start()
            try:
                process.ready()
                _, ran = kit(process.address, Path(name) / "report", *FACES)
            finally:
                process.stop()
        print(f"{profile}:\n{ran.stdout}")
        worst = max(worst, ran.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ("permissive", "strict")))
