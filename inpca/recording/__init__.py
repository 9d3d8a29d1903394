"""Recording the predictions of a network while it is trained."""

try:
    from inpca.recording.batch_norm import reestimated
    from inpca.recording.diverged import Diverged
    from inpca.recording.evaluation import Evaluation, log_probabilities
    from inpca.recording.even_progress import EvenProgress
    from inpca.recording.recorder import Recorder
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    message = "Recorder records networks of PyTorch, which is not installed: pip install 'inpca[torch]'"
    raise ModuleNotFoundError(message, name="torch") from None

__all__ = ["Diverged", "Evaluation", "EvenProgress", "Recorder", "log_probabilities", "reestimated"]
