"""MCP for chatbots: a client's call -> arguments -> a desk with its caller's view -> search -> a small result.

`tools` holds the pure functions, `toolbox` lists them, `protocol` is the SDK's edge; `over_http` and `over_stdio` are
the transports.
"""

from api.connector.over_http import mount_connector
from api.connector.over_stdio import run_stdio

__all__ = ["mount_connector", "run_stdio"]
