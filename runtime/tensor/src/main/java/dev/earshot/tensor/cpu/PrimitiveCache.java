package dev.earshot.tensor.cpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The primitives of one backend by what they compute: op, shapes, strides, types and fused operations. Making one costs
 * about a millisecond (descriptor and code generation), finding one well under a microsecond. Each new one is logged with
 * the implementation that the library chose, in words that are made only if somebody reads them.
 */
final class PrimitiveCache implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.earshot.tensor.cpu");

    private final Map<Object, Primitive> primitives = new LinkedHashMap<>();

    /** The primitive of {@code key} (compared by value), made by {@code create} if it is new. */
    Primitive get(Object key, Supplier<Primitive> create) {
        Primitive known = primitives.get(key);
        if (known != null) {
            return known;
        }
        Primitive primitive = create.get();
        primitives.put(key, primitive);
        if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
            LOG.log(System.Logger.Level.DEBUG, "primitive {0} <- {1}", primitive.implementation(), key);
        }
        return primitive;
    }

    /** One line {@code implementation <- key} per primitive made so far, in that order. */
    List<String> implementations() {
        return primitives.entrySet().stream()
                .map(made -> made.getValue().implementation() + " <- " + made.getKey())
                .toList();
    }

    @Override
    public void close() {
        primitives.values().forEach(Primitive::close);
        primitives.clear();
    }
}
