"""Settings of a service that change without `pulumi up`: their values, and the restart by which tasks take them up."""
