"""Ways a notice reaches a person; one file per way, each checks the receiver's answer."""
