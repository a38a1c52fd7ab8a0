"""The web console: what duty staff, analysts and leaders see, in Chinese."""
