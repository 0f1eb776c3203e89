"""The read path: a challenge -> what the asker may see -> ranked, explained, rolled up.

`answering.search_cases` answers a challenge; `view.View` is what one asker sees of an index.
"""
