"""What a resume needs: the objects of recorded items, the carried files, and how both are restored.

The journal that names them belongs to `results`.
"""
