"""OpenTelemetry, both ways: traces of other frameworks in, our own runs out.

`wire` and `json_wire` know the protocol's bytes, `conventions` and `messages` what attributes mean, `trace` what the
spans of one trace amount to; `reading` tells them in the ledger's own vocabulary, `receive` writes them.
"""
