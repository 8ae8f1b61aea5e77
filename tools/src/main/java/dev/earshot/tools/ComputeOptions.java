package dev.earshot.tools;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import picocli.CommandLine.Option;

/** Where networks run, and in which precision. */
final class ComputeOptions {
    @Option(names = "--precision", defaultValue = "fp32", paramLabel = "TYPE", description = Precision.HELP)
    private Precision precision;

    @Option(
            names = "--device",
            defaultValue = "auto",
            paramLabel = "NAME",
            converter = DeviceName.Converter.class,
            description = DeviceName.HELP)
    private DeviceName device;

    /** Type of the products. */
    DType type() {
        return precision.compute();
    }

    /** Opens the backend; the caller closes it. */
    Backend open() {
        return device.open(precision);
    }
}
