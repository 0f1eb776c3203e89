"""A draft -> what it could link to, each with the passage that speaks for it; what is accepted -> front matter.

drafts (what is suggested for) -> scoring (which concepts, how sure) -> suggestions (with passage and reason)
-> accepting.
"""
