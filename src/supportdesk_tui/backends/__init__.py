"""The port and its adapters; the only place that knows HTTP."""
