"""What the contract's document describes and nobody sends yet. Whoever builds one of these takes it out of here.

`channel`, `channel/message` or `channel/message field`; a channel stands for all of its messages.
"""

NOT_BUILT: frozenset[str] = frozenset()
