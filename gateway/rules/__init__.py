"""The semantic catalogue: checks with permanent codes, asked at gates.

Reading order: `rule` (what a rule is), `context` (what it may look at), `needs` (which facts a gate requires),
`engine` (how a gate answers), then one file a rule in the folder of its gate.
"""

__all__: list[str] = []
