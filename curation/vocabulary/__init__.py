"""The vocabulary: concept pages in and out as SKOS and CSV, held to SKOS's rules, renamed and merged."""
