package dev.earshot.tools;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where to compute, the value of {@code --device}.
 *
 * @param name {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:1} …, {@code simcuda} …
 */
record DeviceName(String name) {
    /** The best that works here. */
    static final DeviceName AUTO = new DeviceName("auto");

    /** What {@code --help} says. */
    static final String HELP =
            "auto (default: a card if it can run here, else the CPU), cpu, cuda, cuda:1, or simcuda, the "
                    + "simulated card of the tests.";

    private static final Pattern NAMES = Pattern.compile("auto|cpu|(sim)?cuda(:\\d{1,4})?");

    /** Turns the word on the command line into a name that can exist. */
    static final class Converter implements ITypeConverter<DeviceName> {
        @Override
        public DeviceName convert(String value) {
            String name = value.toLowerCase(Locale.ROOT);
            if (!NAMES.matcher(name).matches()) {
                throw new TypeConversionException(
                        "expected auto, cpu, cuda, cuda:NUMBER or simcuda, got '" + value + "'");
            }
            return new DeviceName(name);
        }
    }

    /**
     * Opens the backend; the caller closes it.
     *
     * @throws IllegalArgumentException if the device has no such precision
     * @throws IllegalStateException if the device does not exist or cannot run here
     */
    Backend open(Precision precision) {
        String backend = backendName(precision);
        try {
            return Backends.open(backend);
        } catch (IllegalArgumentException e) { // a device this machine does not have is the environment's fault
            throw new IllegalStateException("--device " + name + ": " + e.getMessage() + "; see earshot doctor", e);
        }
    }

    /** The name that {@link Backends#open(String)} takes. */
    String backendName(Precision precision) {
        return switch (precision) {
            case FP32, BF16 -> name;
            case TF32 -> on("cuda", "tf32", name.equals("cpu"), "a CUDA device");
            case INT8 -> on("cpu", "int8", name.contains("cuda"), "the CPU");
        };
    }

    /** The backend with a property that only one kind has, so that asking for it leaves auto no choice. */
    private String on(String kind, String property, boolean lacking, String expected) {
        if (lacking) {
            throw new IllegalArgumentException("--precision %s: expected %s, got --device %s — use fp32 or bf16 there"
                    .formatted(property, expected, name));
        }
        return (equals(AUTO) ? kind : name) + ":" + property;
    }
}
