"""Why a case was found and how it differs, in words."""
