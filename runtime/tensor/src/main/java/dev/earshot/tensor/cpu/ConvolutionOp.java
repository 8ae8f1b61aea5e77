package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A two-dimensional convolution. Images are shared between the workers, or output channels where there are too few images.
 * oneDNN's fast code wants channels in blocks, so an image is brought to the layout the primitive chose and the result back,
 * both by the worker that uses them.
 */
record ConvolutionOp(View x, PackedConvolution layer, View out) implements Op {
    @Override
    public void bind(Binder binder) {
        View source = binder.input(x, layer.packedType(), x.isDense());
        View target = binder.output(out, layer.packedType(), out.isDense());
        long batch = x.dim(0);
        long units = layer.weightShape().dim(0) / layer.outputUnit();
        int slices = (int) Math.clamp(units, 1, (binder.workers() + batch - 1) / batch);
        List<List<Task>> shares = new ArrayList<>();
        for (int i = 0; i < binder.workers(); i++) {
            shares.add(new ArrayList<>());
        }
        for (int image = 0; image < batch; image++) {
            for (int s = 0; s < slices; s++) {
                int index = (int) ((long) (image * slices + s) * binder.workers() / (batch * slices));
                long from = Binder.split(layer.weightShape().dim(0), s, slices, layer.outputUnit());
                long to = Binder.split(layer.weightShape().dim(0), s + 1, slices, layer.outputUnit());
                Slice slice = new Slice(image, from, to);
                shares.get(index).addAll(calls(binder, binder.worker(index), source, target, slice));
            }
        }
        Task[] tasks = shares.stream()
                .map(list -> list.isEmpty() ? Task.IDLE : Task.sequence(list.toArray(Task[]::new)))
                .toArray(Task[]::new);
        long perOutput = layer.weightShape().elements() / layer.weightShape().dim(0);
        binder.add("conv2d " + x + " * " + layer.weightShape(), 2 * out.elements() * perOutput, tasks);
        binder.finish(target, out);
    }

    /** Output channels [from, to) of one image. */
    private record Slice(int image, long from, long to) {}

    private record Key(
            List<Long> source,
            List<Long> weight,
            List<Long> target,
            ConvolutionOptions options,
            DType operands,
            DType result,
            boolean bias) {
        Key {
            source = List.copyOf(source);
            weight = List.copyOf(weight);
            target = List.copyOf(target);
        }
    }

    private record ReorderKey(Key convolution, boolean input) {}

    private List<Task> calls(Binder binder, Worker worker, View source, View target, Slice slice) {
        ConvolutionOptions options = layer.options();
        long perGroup = layer.weightShape().dim(0) / options.groups();
        long firstInput = options.groups() == 1
                ? 0
                : slice.from() / perGroup * layer.weightShape().dim(1);
        long inputs = options.groups() == 1
                ? source.dim(1)
                : (slice.to() - slice.from()) / perGroup * layer.weightShape().dim(1);
        long[] sourceDims = {1, inputs, source.dim(2), source.dim(3)};
        long[] targetDims = {1, slice.to() - slice.from(), target.dim(2), target.dim(3)};
        Key key = new Key(
                boxed(sourceDims),
                boxed(layer.weightDims(slice.from(), slice.to())),
                boxed(targetDims),
                options,
                layer.packedType(),
                target.dtype(),
                layer.bias() != 0);
        Primitive primitive = binder.primitive(key, () -> create(binder.onednn(), key));
        worker.scratch().reset(); // the blocked images of one slice are of no use to the next
        long sourceAddress = source.at(slice.image() * source.stride(0) + firstInput * source.stride(1));
        long targetAddress = target.at(slice.image() * target.stride(0) + slice.from() * target.stride(1));
        List<Task> tasks = new ArrayList<>();
        try (MemoryDesc plainSource = MemoryDesc.dense(layer.packedType(), sourceDims);
                MemoryDesc plainTarget = MemoryDesc.dense(target.dtype(), targetDims);
                MemoryDesc wantedSource = MemoryDesc.copyOf(primitive.argumentDesc(dnnl.DNNL_ARG_SRC()));
                MemoryDesc givenTarget = MemoryDesc.copyOf(primitive.argumentDesc(dnnl.DNNL_ARG_DST()))) {
            long image = sourceAddress;
            if (!plainSource.sameAs(wantedSource)) {
                image = worker.scratch().allocate(wantedSource.bytes());
                Primitive reorder = binder.primitive(
                        new ReorderKey(key, true), () -> binder.onednn().reorder(plainSource, wantedSource));
                tasks.add(reorder(worker, reorder, sourceAddress, image));
            }
            boolean blocked = !plainTarget.sameAs(givenTarget);
            long result = blocked ? worker.scratch().allocate(givenTarget.bytes()) : targetAddress;
            Call.Builder call = Call.of(worker, primitive)
                    .with(dnnl.DNNL_ARG_SRC(), image)
                    .with(dnnl.DNNL_ARG_WEIGHTS(), layer.packedFor(worker, primitive, slice.from(), slice.to()))
                    .with(dnnl.DNNL_ARG_DST(), result);
            if (layer.bias() != 0) {
                call.with(dnnl.DNNL_ARG_BIAS(), layer.bias() + 4 * slice.from());
            }
            tasks.add(call.bind());
            if (blocked) {
                Primitive reorder = binder.primitive(
                        new ReorderKey(key, false), () -> binder.onednn().reorder(givenTarget, plainTarget));
                tasks.add(reorder(worker, reorder, result, targetAddress));
            }
        }
        return tasks;
    }

    private static List<Long> boxed(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static Call reorder(Worker worker, Primitive reorder, long from, long to) {
        return Call.of(worker, reorder)
                .with(dnnl.DNNL_ARG_FROM(), from)
                .with(dnnl.DNNL_ARG_TO(), to)
                .bind();
    }

    private static Primitive create(OneDnn onednn, Key key) {
        ConvolutionOptions o = key.options();
        OneDnn.Geometry geometry =
                new OneDnn.Geometry(o.strideY(), o.strideX(), o.dilationY() - 1, o.dilationX() - 1, o.padY(), o.padX());
        long[] weightDims = key.weight().stream().mapToLong(Long::longValue).toArray();
        long[] sourceDims = key.source().stream().mapToLong(Long::longValue).toArray();
        long[] targetDims = key.target().stream().mapToLong(Long::longValue).toArray();
        try (MemoryDesc source = MemoryDesc.any(key.operands(), sourceDims);
                MemoryDesc weight = MemoryDesc.any(key.operands(), weightDims);
                MemoryDesc bias = key.bias() ? MemoryDesc.dense(DType.F32, targetDims[1]) : MemoryDesc.NONE;
                MemoryDesc target = MemoryDesc.any(key.result(), targetDims)) {
            return onednn.convolution(source, weight, bias, target, geometry);
        }
    }
}
