"""Subscriptions: partners who are told of new events, by a call to their address or over a WebSocket."""
