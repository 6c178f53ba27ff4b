"""What the release tool is given: its table, and the contract parameters."""
