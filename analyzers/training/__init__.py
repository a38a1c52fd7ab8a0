"""How the weights in `analyzers/models` were made, and how good they are."""
