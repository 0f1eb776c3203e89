"""The commands of the command line: parse, call, present.

    options -> settings and asker -> a source of answers (this machine's index, or a server) -> text or JSON

`cli.py` names them; `searching`, `curating` and `serving` hold them.
"""
