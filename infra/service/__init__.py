"""ECS: the cluster, and all that one service is made of but for the image that runs."""
