"""compare: scenarios, results and approved tables side by side."""
