package dev.earshot.tensor.cpu;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The primitives of one backend by what they compute: op, shapes, strides, types and fused operations. Making one costs
 * about a millisecond (descriptor and code generation), finding one well under a microsecond. Each new one is logged with
 * the implementation that the library chose, in words that are made only if somebody reads them.
 *
 * <p>Kept up to a number, the least recently bound giving way. One that a {@link Call} holds never does: captured programs
 * keep theirs however many others come.
 */
final class PrimitiveCache implements AutoCloseable {
    /**
     * Primitives kept: those of several models at several sizes, since a forward makes some dozens. One takes some tens of
     * kilobytes.
     */
    static final int CAPACITY = 1024;

    private static final System.Logger LOG = System.getLogger("dev.earshot.tensor.cpu");

    private final int capacity;
    private final Map<Object, Primitive> primitives = new LinkedHashMap<>(256, 0.75f, true);

    PrimitiveCache(int capacity) {
        this.capacity = capacity;
    }

    /** The primitive of {@code key} (compared by value), made by {@code create} if it is new. Kept at least until {@link #trim}. */
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

    /**
     * Frees primitives that no call holds, the least recently bound first, until no more than the capacity are left. Not
     * between {@link #get} and the binding of the call that it is for.
     *
     * @param release frees calls that can be bound again, if primitives without calls do not suffice; false if there are none
     */
    void trim(BooleanSupplier release) {
        do {
            Iterator<Primitive> oldest = primitives.values().iterator();
            while (primitives.size() > capacity && oldest.hasNext()) {
                Primitive primitive = oldest.next();
                if (!primitive.isHeld()) {
                    oldest.remove();
                    primitive.close();
                }
            }
        } while (primitives.size() > capacity && release.getAsBoolean());
    }

    /** One line {@code implementation <- key} per primitive kept, the least recently bound first. */
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
