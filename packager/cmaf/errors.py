"""What can be wrong with what the box writer is given.

ValueError
└── BitstreamError     an encoder's output that no CMAF header or sample can be made of
"""


class BitstreamError(ValueError):
    """The bytes are not what their codec's specification says they are."""
