"""Where events come from: one module a platform, one loop that keeps a connection alive."""
