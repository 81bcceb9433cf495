"""Shell commands as text: `syntax` reads them, `safety` decides how a value may stand in them.

Which steps may run side by side belongs to `dependency_analysis`.
"""
