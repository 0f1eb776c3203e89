"""Change single keys of a file's front matter in place.

keys.py a file's text and its keys -> changes.py what is replaced where, flow.py in brackets -> values.py what stands
there then -> edits.py carried out.
"""

from curation.front_matter_edit.keys import set_keys

__all__ = ["set_keys"]
