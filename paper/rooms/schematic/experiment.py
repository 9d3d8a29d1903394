"""Probabilities as points: what the space of models is, on two small networks and three images."""

from paper.study.rooms import Room, Section

ROOM = Room(
    place=1,
    section=Section,
    resident=True,
    reads=lambda study, section: {"dataset": "dataset.npz"},
    figures=("schematic",),
)
