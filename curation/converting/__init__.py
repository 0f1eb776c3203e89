"""Office files, PDF, web pages and text -> Markdown -> the cases in it, with what was recognised of each.

sniffing (what a file is) -> converter (Markdown) -> blocks (headings and labels) -> splitting (one case each)
-> recognising (its parts, with figures) -> drafts (rows for curation.importing); rows reads JSON Lines and CSV, finding
says which files.
"""
