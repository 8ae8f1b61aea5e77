package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.Dict;
import dev.earshot.models.checkpoint.PickleValue.Global;
import dev.earshot.models.checkpoint.PickleValue.Int;
import dev.earshot.models.checkpoint.PickleValue.Opaque;
import dev.earshot.models.checkpoint.PickleValue.Sequence;
import dev.earshot.models.checkpoint.PickleValue.Storage;
import dev.earshot.models.checkpoint.PickleValue.TensorView;
import dev.earshot.models.checkpoint.PickleValue.Text;
import dev.earshot.models.checkpoint.PickleValue.Tuple;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.StoredType;
import dev.earshot.tensor.weights.WeightsException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names a checkpoint may mention, and what they become. Tensors, storages and ordered maps are understood; a few plain
 * values of Python and NumPy are known to be inert; any other class may only be instantiated the way objects are pickled
 * (NEWOBJ, or a call followed by BUILD) and becomes an {@link Opaque} that is dropped. Everything else is an error that
 * gives the name: a call of a foreign function, or a foreign name left as a value.
 */
final class PickleGlobals {
    private static final Map<String, StoredType> STORAGES = Map.ofEntries(
            Map.entry("torch FloatStorage", StoredType.F32),
            Map.entry("torch HalfStorage", StoredType.F16),
            Map.entry("torch BFloat16Storage", StoredType.BF16),
            Map.entry("torch DoubleStorage", StoredType.F64),
            Map.entry("torch LongStorage", StoredType.I64),
            Map.entry("torch IntStorage", StoredType.I32),
            Map.entry("torch ShortStorage", StoredType.I16),
            Map.entry("torch CharStorage", StoredType.I8),
            Map.entry("torch ByteStorage", StoredType.U8),
            Map.entry("torch BoolStorage", StoredType.BOOL),
            Map.entry("torch.storage UntypedStorage", StoredType.U8));

    private static final String REBUILD_V2 = "torch._utils _rebuild_tensor_v2";
    private static final String REBUILD_V1 = "torch._utils _rebuild_tensor";
    private static final String REBUILD_PARAMETER = "torch._utils _rebuild_parameter";
    private static final String REBUILD_FROM_TYPE = "torch._tensor _rebuild_from_type_v2";
    private static final String ORDERED_DICT = "collections OrderedDict";
    private static final String DEFAULT_DICT = "collections defaultdict";

    /** Values that training scripts put beside the tensors; harmless in themselves, and not interpreted either. */
    private static final Set<String> INERT = Set.of(
            "torch Size",
            "torch device",
            "torch.serialization _get_layout",
            "torch Tensor",
            "torch.nn.parameter Parameter",
            "torch float32",
            "torch float64",
            "torch float16",
            "torch bfloat16",
            "torch int64",
            "torch int32",
            "torch int16",
            "torch int8",
            "torch uint8",
            "torch bool",
            "argparse Namespace",
            "collections Counter",
            "pathlib PosixPath",
            "pathlib PurePosixPath",
            "pathlib WindowsPath",
            "pathlib PureWindowsPath",
            "pathlib._local PosixPath",
            "pathlib._local WindowsPath",
            "datetime datetime",
            "datetime date",
            "datetime timedelta",
            "numpy dtype",
            "numpy ndarray",
            "numpy.core.multiarray scalar",
            "numpy.core.multiarray _reconstruct",
            "numpy._core.multiarray scalar",
            "numpy._core.multiarray _reconstruct",
            "_codecs encode",
            "__builtin__ set",
            "__builtin__ frozenset",
            "__builtin__ complex",
            "__builtin__ slice",
            "__builtin__ bytearray",
            "__builtin__ list",
            "__builtin__ dict",
            "__builtin__ int",
            "__builtin__ float",
            "__builtin__ str");

    private final String file;
    private final Storages storages;
    private final Map<String, Global> named = new HashMap<>();

    /** Knows the storages of the container. */
    interface Storages {
        /** The storage of that key; {@link WeightsException} if the container has none of this type and size. */
        Storage storage(StoredType type, String key, long count);
    }

    PickleGlobals(String file, Storages storages) {
        this.file = file;
        this.storages = storages;
    }

    /** The symbol of a GLOBAL opcode. */
    Global named(String module, String name, long offset) {
        return named.computeIfAbsent(module + " " + name, full -> new Global(full, offset));
    }

    /** Fails if a name that is not known was used otherwise than as the class of inert objects. */
    void checkAllInert() {
        for (Global global : named.values()) {
            if (!isKnown(global.name()) && !global.isInertClass()) {
                throw WeightsException.of(
                        file,
                        "pickle at byte " + global.offset(),
                        "only tensors and plain data",
                        "the name " + WeightsException.quote(global.name().replace(' ', '.')),
                        "do not trust this file; if it is yours, save model.state_dict() alone");
            }
        }
    }

    private static boolean isKnown(String name) {
        return STORAGES.containsKey(name)
                || INERT.contains(name)
                || switch (name) {
                    case REBUILD_V1, REBUILD_V2, REBUILD_PARAMETER, REBUILD_FROM_TYPE, ORDERED_DICT, DEFAULT_DICT ->
                        true;
                    default -> false;
                };
    }

    /** NEWOBJ: an instance of a class, from plain arguments. */
    PickleValue instantiate(PickleValue callee, Tuple arguments, long offset) {
        Global global = global(callee, offset);
        if (global.name().equals(ORDERED_DICT) || global.name().equals(DEFAULT_DICT)) {
            return new Dict();
        }
        if (isKnown(global.name()) && !INERT.contains(global.name())) {
            throw error(offset, "a class to instantiate", global.what());
        }
        checkPlain(global, arguments, offset);
        global.instantiate();
        return new Opaque(global, false);
    }

    /** REDUCE: a call. */
    PickleValue call(PickleValue callee, Tuple arguments, long offset) {
        Global global = global(callee, offset);
        return switch (global.name()) {
            case ORDERED_DICT -> orderedDict(arguments, offset);
            case DEFAULT_DICT -> new Dict();
            case REBUILD_V1, REBUILD_V2, REBUILD_PARAMETER -> rebuild(global, arguments, offset);
            case REBUILD_FROM_TYPE -> rebuildFromType(arguments, offset);
            default -> callForeign(global, arguments, offset);
        };
    }

    private PickleValue callForeign(Global global, Tuple arguments, long offset) {
        if (STORAGES.containsKey(global.name())) {
            throw error(offset, "a storage by persistent id", "a call of " + global.name());
        }
        checkPlain(global, arguments, offset);
        boolean isInert = INERT.contains(global.name());
        if (!isInert) {
            global.openCall();
        }
        return new Opaque(global, !isInert);
    }

    private void checkPlain(Global global, Tuple arguments, long offset) {
        for (PickleValue argument : arguments.items()) {
            if (argument instanceof TensorView || argument instanceof Storage) {
                throw error(offset, "plain arguments for " + global.name(), argument.what());
            }
        }
    }

    /** Empty, or filled from a list of pairs as Python 2 wrote it. */
    private PickleValue orderedDict(Tuple arguments, long offset) {
        Dict dict = new Dict();
        if (arguments.items().isEmpty()) {
            return dict;
        }
        if (arguments.items().size() != 1 || !(arguments.items().getFirst() instanceof Sequence pairs)) {
            throw error(offset, "an OrderedDict of nothing or of pairs", arguments.what());
        }
        for (PickleValue pair : pairs.items()) {
            List<PickleValue> items = switch (pair) {
                case Tuple tuple -> tuple.items();
                case Sequence sequence -> sequence.items();
                case PickleValue other -> throw error(offset, "an OrderedDict of pairs", other.what());
            };
            if (items.size() != 2 || !dict.put(items.get(0), items.get(1))) {
                throw error(offset, "an OrderedDict of pairs with different keys", "something else");
            }
        }
        return dict;
    }

    private PickleValue rebuildFromType(Tuple arguments, long offset) {
        List<PickleValue> items = arguments.items();
        boolean isTensor = items.size() == 4
                && items.get(0) instanceof Global inner
                && (inner.name().equals(REBUILD_V1) || inner.name().equals(REBUILD_V2))
                && items.get(2) instanceof Tuple;
        if (!isTensor) {
            throw error(offset, "a tensor rebuild inside _rebuild_from_type_v2", arguments.what());
        }
        if (items.get(1) instanceof Global type) {
            type.instantiate();
        }
        return rebuild((Global) items.get(0), (Tuple) items.get(2), offset);
    }

    private TensorView rebuild(Global rebuild, Tuple arguments, long offset) {
        List<PickleValue> items = arguments.items();
        int count = items.size();
        switch (rebuild.name()) {
            case REBUILD_PARAMETER -> {
                if (count != 3 || !(items.get(0) instanceof TensorView tensor)) {
                    throw error(offset, "a parameter of a tensor and two settings", arguments.what());
                }
                return tensor;
            }
            case REBUILD_V1 -> expectArguments(offset, count == 4, arguments);
            default -> expectArguments(offset, count == 6 || count == 7, arguments);
        }
        if (!(items.get(0) instanceof Storage storage) || !(items.get(1) instanceof Int first)) {
            throw error(offset, "a storage and an offset", items.get(0).what());
        }
        return view(storage, first.value(), integers(items.get(2), offset), integers(items.get(3), offset), offset);
    }

    private void expectArguments(long offset, boolean fits, Tuple arguments) {
        if (!fits) {
            throw error(offset, "the arguments of a tensor", arguments.what());
        }
    }

    private List<Long> integers(PickleValue value, long offset) {
        if (!(value instanceof Tuple tuple) || tuple.items().size() > Shape.MAX_RANK) {
            throw error(offset, "a tuple of at most " + Shape.MAX_RANK + " integers", value.what());
        }
        List<Long> integers = new ArrayList<>();
        for (PickleValue item : tuple.items()) {
            if (!(item instanceof Int integer) || integer.value() < 0) {
                throw error(offset, "a non-negative integer", item.what());
            }
            integers.add(integer.value());
        }
        return integers;
    }

    /** A view after checking that its last element lies inside the storage. */
    private TensorView view(Storage storage, long first, List<Long> sizes, List<Long> strides, long offset) {
        if (sizes.size() != strides.size() || first < 0) {
            throw error(offset, "a stride for each size and an offset from 0", sizes + " and " + strides);
        }
        try {
            Shape shape = Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
            Math.multiplyExact(shape.elements(), (long) storage.elementBytes());
            long last = first;
            for (int axis = 0; axis < sizes.size(); axis++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(sizes.get(axis) - 1, 0), strides.get(axis)));
            }
            boolean inside = shape.elements() == 0 ? first <= storage.count() : last < storage.count();
            if (inside) {
                return new TensorView(storage, first, shape, List.copyOf(strides));
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new WeightsException(
                    "%s: pickle at byte %d: expected a tensor inside its storage, got sizes %s whose product overflows"
                            .formatted(file, offset, sizes),
                    e);
        }
        throw error(
                offset,
                "a tensor inside its storage of " + storage.count() + " elements",
                "offset %d, sizes %s, strides %s".formatted(first, sizes, strides));
    }

    /** BINPERSID: ('storage', class, key, location, count) and in legacy files a sixth part, None. */
    Storage persistent(PickleValue id, long offset) {
        boolean isStorage = id instanceof Tuple tuple
                && (tuple.items().size() == 5 || tuple.items().size() == 6)
                && tuple.items().get(0) instanceof Text kind
                && kind.value().equals("storage")
                && tuple.items().get(1) instanceof Global type
                && STORAGES.containsKey(type.name())
                && tuple.items().get(2) instanceof Text
                && tuple.items().get(3) instanceof Text
                && tuple.items().get(4) instanceof Int count
                && count.value() >= 0
                && (tuple.items().size() == 5 || tuple.items().get(5).what().equals("None"));
        if (!isStorage) {
            throw error(offset, "the id of a storage of a known type, without view", describe(id));
        }
        List<PickleValue> items = ((Tuple) id).items();
        StoredType type = STORAGES.get(((Global) items.get(1)).name());
        return storages.storage(type, ((Text) items.get(2)).value(), ((Int) items.get(4)).value());
    }

    private static String describe(PickleValue id) {
        return id instanceof Tuple tuple && tuple.items().size() > 1
                ? tuple.items().get(1).what()
                : id.what();
    }

    private Global global(PickleValue callee, long offset) {
        if (callee instanceof Global global) {
            return global;
        }
        throw error(offset, "a name to call", callee.what());
    }

    private WeightsException error(long offset, String expected, String got) {
        return WeightsException.of(file, "pickle at byte " + offset, expected, got);
    }
}
