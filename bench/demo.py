"""Answer three challenges on the sample library and say how to go on: `make demo`."""

from __future__ import annotations

import subprocess
import sys

CHALLENGES = (
    "exec sponsor left, new CEO reviews all suppliers",
    (
        "Our largest beverage customer wants Scope 3 data from all suppliers and a 30% cut in packaging carbon. "
        "Has anyone turned this into a joint project, and what was it worth?"
    ),
    "Grand compte cosmétique : réduire de moitié le délai de lancement, mais R&D et filiales travaillent en silo",
)
GO_ON = """\
Go on with:
  {bin}casebook search "your customer's problem, in your own words"
  {bin}casebook search --file mail.txt --region EMEA --explain
  {bin}casebook show case-brewer-scope3-packaging
  {bin}casebook init ../our-library          (a library of your own)
The README has a page for everyone: account managers, curators, integrators.
"""


def main() -> None:
    """Print the answers as a user sees them."""
    for challenge in CHALLENGES:
        print(f'\n$ casebook search "{challenge}" --limit 2\n', flush=True)
        subprocess.run([sys.executable, "-m", "cli", "search", challenge, "--limit", "2"], check=True)
    print("\n" + GO_ON.format(bin=".venv/bin/"))


if __name__ == "__main__":
    main()
