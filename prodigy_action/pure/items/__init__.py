"""Work items: how the text of a source becomes items, and the errors that name an item.

Reading the file or running the command belongs to `inputs` and `adapters`; filtering, sorting and paging to
`work_planning`.
"""
