"""A curator's own judged challenges, searched and measured."""
