"""What runs Huiying: the command, the local engines, rulebook, index templates, the demo. Nobody imports it."""
