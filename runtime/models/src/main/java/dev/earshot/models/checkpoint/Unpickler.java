package dev.earshot.models.checkpoint;

import dev.earshot.models.checkpoint.PickleValue.Bool;
import dev.earshot.models.checkpoint.PickleValue.Dict;
import dev.earshot.models.checkpoint.PickleValue.Int;
import dev.earshot.models.checkpoint.PickleValue.Opaque;
import dev.earshot.models.checkpoint.PickleValue.Plain;
import dev.earshot.models.checkpoint.PickleValue.Sequence;
import dev.earshot.models.checkpoint.PickleValue.Text;
import dev.earshot.models.checkpoint.PickleValue.Tuple;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one pickle as data. Only the opcodes that {@code torch.save} writes are known (protocol 2); names are symbols
 * ({@link PickleGlobals}); nothing is loaded, called or compared. Any other byte is an error with its place.
 *
 * <p>Bounds: stack 10,000 values, memo 2 M, strings 1 MB, 5 M values in all. Source of the opcodes: CPython
 * Lib/pickletools.py.
 */
final class Unpickler {
    static final int MAX_STACK = 10_000;
    static final int MAX_MEMO = 2_000_000;
    static final int MAX_STRING_BYTES = 1 << 20;
    static final int MAX_VALUES = 5_000_000;

    private static final int MAX_NAME_CHARS = 256;
    private static final Plain NONE = new Plain("None");
    private static final Plain REAL = new Plain("a float");
    private static final Plain LARGE_INTEGER = new Plain("a large integer");

    private final String file;
    private final PickleInput in;
    private final PickleGlobals globals;
    private final List<PickleValue> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Integer, PickleValue> memo = new HashMap<>();
    private int valueCount;
    private long opcodeOffset;

    private Unpickler(String file, PickleInput in, PickleGlobals.Storages storages) {
        this.file = file;
        this.in = in;
        this.globals = new PickleGlobals(file, storages);
    }

    /** The value of the pickle at {@code in}, which is left behind its STOP. */
    static PickleValue read(String file, PickleInput in, PickleGlobals.Storages storages) {
        return new Unpickler(file, in, storages).run();
    }

    private PickleValue run() {
        opcodeOffset = in.position();
        if (in.u8() != 0x80 || in.u8() != 2) {
            throw error("protocol 2, which torch.save writes", "another start");
        }
        while (true) {
            opcodeOffset = in.position();
            int opcode = in.u8();
            if (opcode == '.') {
                return stop();
            }
            execute(opcode);
        }
    }

    private PickleValue stop() {
        PickleValue value = pop();
        if (!stack.isEmpty() || !marks.isEmpty()) {
            throw error("one value at STOP", stack.size() + " more");
        }
        globals.checkAllInert();
        return value;
    }

    private void execute(int opcode) {
        switch (opcode) {
            case '(' -> mark();
            case '}' -> push(new Dict());
            case ']' -> push(new Sequence());
            case ')' -> push(new Tuple(List.of()));
            case 't' -> push(new Tuple(popToMark()));
            case 0x85 -> push(new Tuple(pop(1)));
            case 0x86 -> push(new Tuple(pop(2)));
            case 0x87 -> push(new Tuple(pop(3)));
            case 'N' -> push(NONE);
            case 0x88 -> push(new Bool(true));
            case 0x89 -> push(new Bool(false));
            case 'K' -> push(new Int(in.u8()));
            case 'M' -> push(new Int(in.u16()));
            case 'J' -> push(new Int(in.i32()));
            case 0x8a -> push(longInteger());
            case 'G' -> {
                in.bytes(8);
                push(REAL);
            }
            case 'X' -> push(new Text(in.text(length(in.i32()))));
            // A string of Python 2 is bytes; every byte is a character of Latin-1.
            case 'U' -> push(new Text(new String(in.bytes(in.u8()), StandardCharsets.ISO_8859_1)));
            case 'q' -> put(in.u8());
            case 'r' -> put(in.i32());
            case 'h' -> push(get(in.u8()));
            case 'j' -> push(get(in.i32()));
            case 'a' -> append(pop(1));
            case 'e' -> append(popToMark());
            case 's' -> setItems(pop(2));
            case 'u' -> setItems(popToMark());
            case 'c' -> push(globals.named(in.line(MAX_NAME_CHARS), in.line(MAX_NAME_CHARS), opcodeOffset));
            case 'Q' -> push(globals.persistent(pop(), opcodeOffset));
            case 'R' -> call(false);
            case 0x81 -> call(true);
            case 'b' -> build();
            default -> throw error("an opcode that torch.save writes", "0x%02x".formatted(opcode));
        }
    }

    private PickleValue longInteger() {
        byte[] bytes = in.bytes(in.u8());
        if (bytes.length > 8) {
            return LARGE_INTEGER;
        }
        long value = 0;
        for (int i = bytes.length - 1; i >= 0; i--) {
            // The highest byte carries the sign, the others are digits.
            value = value << 8 | (i == bytes.length - 1 ? bytes[i] : bytes[i] & 0xff);
        }
        return new Int(value);
    }

    private int length(int announced) {
        if (announced < 0 || announced > MAX_STRING_BYTES) {
            throw error("a string of at most " + MAX_STRING_BYTES + " bytes", Integer.toUnsignedString(announced));
        }
        return announced;
    }

    private void push(PickleValue value) {
        if (stack.size() == MAX_STACK) {
            throw error("at most " + MAX_STACK + " values on the stack", "more");
        }
        if (++valueCount > MAX_VALUES) {
            throw error("at most " + MAX_VALUES + " values", "more");
        }
        stack.add(value);
    }

    private void mark() {
        if (marks.size() == MAX_STACK) {
            throw error("at most " + MAX_STACK + " marks", "more");
        }
        marks.add(stack.size());
    }

    private PickleValue pop() {
        return pop(1).getFirst();
    }

    /** The topmost {@code count} values in the order of pushing; none of them from below the last mark. */
    private List<PickleValue> pop(int count) {
        int floor = marks.isEmpty() ? 0 : marks.getLast();
        if (stack.size() - count < floor) {
            throw error(count + " values on the stack", Integer.toString(stack.size() - floor));
        }
        List<PickleValue> top = stack.subList(stack.size() - count, stack.size());
        List<PickleValue> values = new ArrayList<>(top);
        top.clear();
        return values;
    }

    private List<PickleValue> popToMark() {
        if (marks.isEmpty()) {
            throw error("a mark", "none");
        }
        List<PickleValue> values = pop(stack.size() - marks.getLast());
        marks.removeLast();
        return values;
    }

    private PickleValue top() {
        int floor = marks.isEmpty() ? 0 : marks.getLast();
        if (stack.size() == floor) {
            throw error("a value on the stack", "none");
        }
        return stack.getLast();
    }

    private void put(int index) {
        if (index < 0 || index >= MAX_MEMO) {
            throw error("a memo index below " + MAX_MEMO, Integer.toUnsignedString(index));
        }
        memo.put(index, top());
    }

    private PickleValue get(int index) {
        PickleValue value = memo.get(index);
        if (value == null) {
            throw error("a memo entry " + Integer.toUnsignedString(index), "none");
        }
        return value;
    }

    private void append(List<PickleValue> values) {
        switch (top()) {
            case Sequence sequence -> sequence.items().addAll(values);
            case Opaque _ -> {}
            case PickleValue other -> throw error("a list to append to", other.what());
        }
    }

    private void setItems(List<PickleValue> values) {
        if (values.size() % 2 != 0) {
            throw error("keys and values in pairs", values.size() + " of them");
        }
        switch (top()) {
            case Dict dict -> {
                for (int i = 0; i < values.size(); i += 2) {
                    if (!dict.put(values.get(i), values.get(i + 1))) {
                        throw error("each key of a dictionary once", "a duplicate");
                    }
                }
            }
            case Opaque _ -> {}
            case PickleValue other -> throw error("a dictionary to fill", other.what());
        }
    }

    private void call(boolean isNew) {
        List<PickleValue> operands = pop(2);
        if (!(operands.get(1) instanceof Tuple arguments)) {
            throw error("a tuple of arguments", operands.get(1).what());
        }
        push(
                isNew
                        ? globals.instantiate(operands.get(0), arguments, opcodeOffset)
                        : globals.call(operands.get(0), arguments, opcodeOffset));
    }

    private void build() {
        pop();
        switch (top()) {
            // A state dict's OrderedDict has the attribute _metadata: module versions, which nothing here needs.
            case Dict _ -> {}
            case Opaque opaque -> opaque.build();
            case PickleValue other -> throw error("an object to give a state to", other.what());
        }
    }

    private WeightsException error(String expected, String got) {
        return WeightsException.of(file, "pickle at byte " + opcodeOffset, expected, got);
    }
}
