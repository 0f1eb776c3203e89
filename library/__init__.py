"""What an item is: file -> front matter + heading tree -> typed document, and who may see it.

`reading.read_library` reads a folder; `documents.read_document` one file's bytes;
`access.visible` decides who sees what.
"""
