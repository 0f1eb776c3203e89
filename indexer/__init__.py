"""The write path: documents -> passages -> vectors -> a generation, published atomically.

`build.build_index` does all of it; `generations` knows where the result lies.
"""
