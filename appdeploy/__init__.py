"""The release tool: changes which image runs on ECS, and tells the truth about it."""
