"""From tallies to people: rules, alerts, duty, consultation, reports and the console."""
