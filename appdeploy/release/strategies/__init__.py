"""How one service moves from one version to another. Nothing else knows a strategy's name."""
