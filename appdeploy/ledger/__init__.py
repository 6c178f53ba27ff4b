"""The record of every release: written before each step that changes AWS and completed after it, one item a release."""
