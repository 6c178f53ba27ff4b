"""ECS as the release tools meet it: services whose tasks start, fail, are replaced and roll back."""
