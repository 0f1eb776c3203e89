"""The vocabulary as SKOS in Turtle. This folder owns rdflib.

What SKOS has a word for is said in it: prefLabel, altLabel, hiddenLabel, definition, broader, related, closeMatch; a
page's sections are notes. Everything else stands in a namespace of Casebook's own, `urn:casebook:terms:`, under the
name that the field has in a page's front matter: a text as a literal, a list as an RDF list, mappings as blank nodes.
SKOS knows no order of labels, so where it is not the alphabet's it stands beside them (`cb:altLabelOrder`, ...). What
Turtle cannot say of a page is kept in `cb:rest` as JSON. `cb:complete "true"` says that all of a page is told: what is
taken out of it in the file is taken out of the page too.
"""
