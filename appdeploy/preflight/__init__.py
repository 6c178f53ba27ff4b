"""What can be known before the first write to be in the way of a release: read side by side, judged on one page."""
