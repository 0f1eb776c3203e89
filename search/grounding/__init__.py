"""The closest cases as passages for a language model, within a budget."""
