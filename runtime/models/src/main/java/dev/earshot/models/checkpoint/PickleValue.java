package dev.earshot.models.checkpoint;

import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.StoredType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an {@link Unpickler} makes of a pickle: plain data and symbols, never a live object. Values can contain themselves,
 * so nothing here is compared, hashed or printed through and through.
 */
sealed interface PickleValue {
    /** A few words for messages. */
    String what();

    /** None, a float, a large integer: values that only need to be skipped. */
    final class Plain implements PickleValue {
        private final String what;

        Plain(String what) {
            this.what = what;
        }

        @Override
        public String what() {
            return what;
        }
    }

    /** True or false. */
    record Bool(boolean value) implements PickleValue {
        @Override
        public String what() {
            return "a truth value";
        }
    }

    /** An integer that fits into 64 bits. */
    record Int(long value) implements PickleValue {
        @Override
        public String what() {
            return "the integer " + value;
        }
    }

    /** A string. */
    record Text(String value) implements PickleValue {
        @Override
        public String what() {
            return "a string";
        }
    }

    /** A tuple. */
    final class Tuple implements PickleValue {
        private final List<PickleValue> items;

        Tuple(List<PickleValue> items) {
            this.items = List.copyOf(items);
        }

        List<PickleValue> items() {
            return items;
        }

        @Override
        public String what() {
            return "a tuple of " + items.size();
        }
    }

    /** A list; grows while the pickle is read. */
    final class Sequence implements PickleValue {
        private final List<PickleValue> items = new ArrayList<>();

        List<PickleValue> items() {
            return items;
        }

        @Override
        public String what() {
            return "a list of " + items.size();
        }
    }

    /**
     * A dictionary, ordered; only text keys can be looked up. Empty ones take next to nothing: a pickle of a few megabytes
     * can ask for millions of them.
     */
    final class Dict implements PickleValue {
        private List<PickleValue> keysAndValues = List.of();
        private Map<String, PickleValue> byText = Map.of();

        /** Adds an entry; false if the text key is there already. */
        boolean put(PickleValue key, PickleValue value) {
            if (keysAndValues.isEmpty()) {
                keysAndValues = new ArrayList<>(2);
            }
            keysAndValues.add(key);
            keysAndValues.add(value);
            if (!(key instanceof Text text)) {
                return true;
            }
            if (byText.isEmpty()) {
                byText = new HashMap<>();
            }
            return byText.put(text.value(), value) == null;
        }

        /** The value of a text key, or null. */
        PickleValue get(String key) {
            return byText.get(key);
        }

        int size() {
            return keysAndValues.size() / 2;
        }

        PickleValue key(int index) {
            return keysAndValues.get(2 * index);
        }

        PickleValue value(int index) {
            return keysAndValues.get(2 * index + 1);
        }

        @Override
        public String what() {
            return "a dictionary of " + size();
        }
    }

    /** A name that the pickle would import; a symbol here. Identical names are one object. */
    final class Global implements PickleValue {
        private final String name;
        private final long offset;
        private boolean instantiated;
        private int openCalls;

        Global(String name, long offset) {
            this.name = name;
            this.offset = offset;
        }

        /** Module and name with a blank between, as in the pickle. */
        String name() {
            return name;
        }

        /** Place in the file where it was first named. */
        long offset() {
            return offset;
        }

        /** Notes that it was used as a class of inert objects. */
        void instantiate() {
            instantiated = true;
        }

        /** Notes a call whose result has not yet been given a state. */
        void openCall() {
            openCalls++;
        }

        /** Notes that the result of a call was given a state, as an object is. */
        void closeCall() {
            openCalls--;
            instantiated = true;
        }

        /** True if it was only used as the class of inert objects. */
        boolean isInertClass() {
            return instantiated && openCalls == 0;
        }

        @Override
        public String what() {
            return "the name " + name;
        }
    }

    /** An object of a class that is not interpreted; all it was made of is dropped. */
    final class Opaque implements PickleValue {
        private final Global type;
        private boolean open;

        Opaque(Global type, boolean open) {
            this.type = type;
            this.open = open;
        }

        Global type() {
            return type;
        }

        /** Notes that a state was given. */
        void build() {
            if (open) {
                open = false;
                type.closeCall();
            }
        }

        @Override
        public String what() {
            return "an object of " + type.name();
        }
    }

    /**
     * A storage in the file.
     *
     * @param type element type
     * @param key its name in the container
     * @param count elements
     */
    record Storage(StoredType type, String key, long count) implements PickleValue {
        @Override
        public String what() {
            return "a storage";
        }

        /** Size of one element. */
        int elementBytes() {
            return type.bits() / 8;
        }
    }

    /**
     * A view into a storage; the constructor's caller has checked that it lies inside.
     *
     * @param offset first element
     * @param strides in elements, one per dimension
     */
    record TensorView(Storage storage, long offset, Shape shape, List<Long> strides) implements PickleValue {
        @Override
        public String what() {
            return "a tensor";
        }

        /** True if the elements lie in row-major order without gaps. */
        boolean isContiguous() {
            long expected = 1;
            for (int axis = shape.rank() - 1; axis >= 0; axis--) {
                if (shape.dim(axis) != 1 && strides.get(axis) != expected) {
                    return shape.elements() == 0;
                }
                expected *= shape.dim(axis);
            }
            return true;
        }

        long bytes() {
            return shape.elements() * storage.elementBytes();
        }
    }
}
