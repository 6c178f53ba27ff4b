"""The full volumes behind the project's claims: `make prove` runs each subject and writes what it saw to docs/evidence/."""
