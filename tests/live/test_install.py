"""What the live tests need is there, and asking for it again does nothing."""

import subprocess
from pathlib import Path


def test_installing_again_finds_nothing_missing():
    done = subprocess.run([Path(__file__).with_name("install")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["all that the live tests need is installed"]
