"""The whole platform on one machine: the real Pulumi engine and the real release tool against an AWS emulator."""
