"""Vector code of the innermost loop: products of the overlaps of a few models with the models of a panel.

It is written as LLVM's own vector operations, because the compiler does not find this form of it by itself: the sums of
:data:`ROWS` models against a panel of :data:`PANEL` stay in registers while the classes go by, and each number that is
read from memory is used several times. LLVM makes of it what the processor has (AVX2, AVX-512, NEON).

Kernels that are kept on disk hold this code: who changes it changes :mod:`inpca.distances.kernels` too.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

#: Models of a panel: they lie side by side for each class, (sample, class, model), and fill one vector or two.
PANEL = 16
#: Models of the other side whose sums are held at once; with PANEL, eight registers of AVX2.
ROWS = 4
#: Samples whose overlaps are multiplied in float32 before they join the float64 product. Packed samples are padded to a
#: multiple of it with samples on which all models agree.
GROUP = 4

FLOAT, DOUBLE, INDEX, LANE = ir.FloatType(), ir.DoubleType(), ir.IntType(64), ir.IntType(32)
SINGLES, DOUBLES = ir.VectorType(FLOAT, PANEL), ir.VectorType(DOUBLE, PANEL)


class Vectors:
    """Operations on vectors, written into a function that numba is building."""

    def __init__(self, context, builder):
        self.context, self.builder = context, builder
        arguments = ir.FunctionType(SINGLES, (SINGLES, SINGLES, SINGLES))
        self._multiply_add = cgutils.get_or_insert_function(builder.module, arguments, f"llvm.fmuladd.v{PANEL}f32")

    def address(self, array, array_type, *offsets):
        """Address of an entry of a flat array."""
        address = cgutils.create_struct_proxy(array_type)(self.context, self.builder, value=array).data
        return self.shift(address, *offsets)

    def shift(self, address, *offsets):
        for offset in offsets:
            address = self.builder.gep(address, [INDEX(offset) if isinstance(offset, int) else offset])
        return address

    def load(self, address, kind=SINGLES):
        value = self.builder.load(self.builder.bitcast(address, kind.as_pointer()))
        value.align = 4 if kind is SINGLES else 8
        return value

    def store(self, value, address):
        stored = self.builder.store(value, self.builder.bitcast(address, value.type.as_pointer()))
        stored.align = 4 if value.type is SINGLES else 8

    def repeated(self, address):
        """A vector that holds one number from memory in all places."""
        empty = ir.Constant(SINGLES, ir.Undefined)
        first = self.builder.insert_element(empty, self.builder.load(address), LANE(0))
        return self.builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(LANE, PANEL), None))

    def smaller(self, x, y):
        return self.builder.select(self.builder.fcmp_ordered("<", x, y), x, y)

    def add_overlaps(self, left, right, n_classes, sums):
        """Fill ``sums``, variables, with Σ_c a_c b_c of some models against a panel."""
        for total in sums:
            self.builder.store(ir.Constant(SINGLES, None), total)
        with cgutils.for_range(self.builder, n_classes) as loop:
            offset = self.builder.mul(loop.index, INDEX(PANEL))
            panel, rows = self.load(self.shift(right, offset)), self.shift(left, offset)
            for row, total in enumerate(sums):
                factors = self.repeated(self.shift(rows, row)), panel, self.builder.load(total)
                self.builder.store(self.builder.call(self._multiply_add, factors), total)


@intrinsic
def multiply_group(typingctx, left, right, n_classes, stride, row, mantissa, smallest):  # pragma: no cover (compiled)
    """Multiply Π_n min(Σ_c a_nc b_nc, 1) over a group of samples into rows of a float64 ``mantissa`` (PANEL²,).

    ``left`` and ``right`` are flat, (GROUP, stride / PANEL classes, PANEL) float32; the rows are those of the models
    ``row`` to ``row + ROWS`` of ``left``. ``smallest`` (PANEL,) float32 keeps the smallest product so far.
    """
    signature = types.void(left, right, n_classes, stride, row, mantissa, smallest)

    def generate(context, builder, signature, arguments):
        left, right, n_classes, stride, row, mantissa, smallest = arguments
        vectors, kinds = Vectors(context, builder), signature.args
        a, b = vectors.address(left, kinds[0], row), vectors.address(right, kinds[1])
        target = vectors.address(mantissa, kinds[5], builder.mul(row, INDEX(PANEL)))
        lowest = vectors.address(smallest, kinds[6])
        sums, products = ([cgutils.alloca_once(builder, SINGLES) for _ in range(ROWS)] for _ in range(2))
        for n in range(GROUP):
            start = builder.mul(stride, INDEX(n))
            vectors.add_overlaps(vectors.shift(a, start), vectors.shift(b, start), n_classes, sums)
            for total, product in zip(sums, products, strict=True):
                overlap = vectors.smaller(builder.load(total), ir.Constant(SINGLES, [1.0] * PANEL))
                builder.store(builder.fmul(builder.load(product), overlap) if n else overlap, product)
        low = vectors.load(lowest)
        for place, product in enumerate(map(builder.load, products)):
            low, factor = vectors.smaller(product, low), builder.fpext(product, DOUBLES)
            address = vectors.shift(target, place * PANEL)
            vectors.store(builder.fmul(vectors.load(address, DOUBLES), factor), address)
        vectors.store(low, lowest)
        return context.get_dummy_value()

    return signature, generate
