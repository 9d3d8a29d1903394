"""How runs are computed: nothing here says what is trained, and results differ by rounding alone."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from paper.study.strict import Strict


class Training(Strict):
    """Settings of speed; the defaults are the reference, which every result of the project was computed with."""

    precision: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32",
        description="of the products while a network is trained (autocast); weights, and predictions that are "
        "recorded, are float32 always",
    )
    compile: bool = Field(
        default=False, description="torch.compile of the network while it is trained: once for all seeds of a job"
    )
    seeds: Literal["one_by_one", "together"] = Field(
        default="one_by_one",
        description="together: one step is taken for all seeds of a job at once, their weights are stacked",
    )
    cuda_graphs: bool = Field(
        default=False, description="a whole step is recorded once as a CUDA graph and repeated; needs a CUDA device"
    )

    @model_validator(mode="after")
    def _can_be_combined(self) -> Training:
        if self.precision == "float16" and (self.seeds == "together" or self.cuda_graphs):
            other = "seeds: together" if self.seeds == "together" else "cuda_graphs"
            raise ValueError(
                f"precision: float16 does not go with {other}, since each run scales its loss by a factor of its own "
                "that depends on its gradients; use precision: bfloat16, or leave that out"
            )
        return self


#: The computation that results are compared with.
REFERENCE = Training()
#: How many times that of ignorance, ln C, the train and the test loss of a run may be in the end: with more it counts
#: as diverged, since its distances to all other models would be all that an embedding shows.
LARGEST_LOSS = 10.0
