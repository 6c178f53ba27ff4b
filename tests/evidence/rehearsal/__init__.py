"""A `pulumi up` that ends half way, and how it is brought to its end by the steps of the runbook."""
