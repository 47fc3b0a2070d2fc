"""Builds what an office without a network installs from: one zip per platform with every wheel, the manual and the example.

closure.py says which wheels a platform needs, record.py which were looked at, pages.py makes the manual readable without
the project, make.py puts the zips together; kit/ goes into them as it stands.
"""
