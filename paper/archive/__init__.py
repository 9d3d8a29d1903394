"""The predictions of a study in one file, from which its figures are made again without training."""
