"""Recording the predictions of a network while it is trained."""

from inpca.recording.recorder import Recorder

__all__ = ["Recorder"]
