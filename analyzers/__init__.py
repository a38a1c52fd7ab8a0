"""Text in, judgement out: pure, imports none of our other packages, no I/O once its models are loaded."""
