"""Anybody's system as a `Backend`: a function, a transformers model, an endpoint, a command.

`opening.open_backend` takes the short form of each: `hf:NAME`, `http://...`, `command:...`,
`python:module:function`, or a Tonelens model.
"""
