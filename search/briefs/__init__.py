"""One page of a case, for an account plan or to sell an idea inside the firm.

view -> brief (what is said, frozen) -> shortened to the page -> Markdown, Word or PowerPoint.
"""
