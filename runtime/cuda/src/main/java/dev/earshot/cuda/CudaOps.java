package dev.earshot.cuda;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.dnn.Cudnn;
import dev.earshot.cuda.ops.AttentionOps;
import dev.earshot.cuda.ops.ConvolutionOps;
import dev.earshot.cuda.ops.ElementwiseOps;
import dev.earshot.cuda.ops.GridOps;
import dev.earshot.cuda.ops.ImageOps;
import dev.earshot.cuda.ops.KMeansOps;
import dev.earshot.cuda.ops.MaskOps;
import dev.earshot.cuda.ops.PixelMatchingOps;
import dev.earshot.cuda.ops.ProductOps;
import dev.earshot.cuda.ops.ReduceOps;
import dev.earshot.cuda.ops.RowOps;

/** The op families on one card; their arguments were checked and are not empty. */
record CudaOps(
        Cudnn cudnn,
        ElementwiseOps elementwise,
        ReduceOps reductions,
        RowOps rows,
        ImageOps images,
        ProductOps products,
        ConvolutionOps convolutions,
        AttentionOps attention,
        GridOps grids,
        PixelMatchingOps matching,
        KMeansOps kMeans,
        MaskOps masks)
        implements AutoCloseable {
    static CudaOps on(CudaContext context) {
        Cudnn cudnn = new Cudnn(context);
        ElementwiseOps elementwise = new ElementwiseOps(context);
        ProductOps products = new ProductOps(context, elementwise);
        return new CudaOps(
                cudnn,
                elementwise,
                new ReduceOps(context),
                new RowOps(context),
                new ImageOps(context),
                products,
                new ConvolutionOps(context, cudnn, elementwise, products),
                new AttentionOps(context, cudnn),
                new GridOps(context),
                new PixelMatchingOps(context),
                new KMeansOps(context),
                new MaskOps(context));
    }

    @Override
    public void close() {
        attention.close();
        convolutions.close();
        products.close();
        cudnn.close();
    }
}
