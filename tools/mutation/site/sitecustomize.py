"""Every Python process that has this folder on PYTHONPATH loads one module with one change: MUTANT=module:number."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mutated import install

if os.environ.get("MUTANT"):
    install(os.environ["MUTANT"])
