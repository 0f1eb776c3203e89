"""The COE's desk: make a library, draft and import items, check them before they are published."""
