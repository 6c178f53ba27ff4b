"""What every package of the platform is built with: components, names, ARNs, dependencies."""
