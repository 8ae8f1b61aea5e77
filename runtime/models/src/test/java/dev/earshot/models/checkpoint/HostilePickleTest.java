package dev.earshot.models.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles that want to run something, exhaust something or reach outside their storages. */
final class HostilePickleTest {
    private static final String KNOWN_OPCODES =
            "(}])tNKMJGXUqrhjaesucQRb.\u0080\u0081\u0085\u0086\u0087\u0088\u0089\u008a";

    @Test
    void theHarmlessTwinIsRead() {
        try (Checkpoint checkpoint = parse(dict(pickle -> pickle), 2)) {
            assertEquals(Set.of("w"), checkpoint.entries().keySet());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "os system",
                "posix system",
                "nt system",
                "subprocess Popen",
                "__builtin__ eval",
                "__builtin__ exec",
                "__builtin__ getattr",
                "builtins eval",
                "runpy _run_code",
                "importlib import_module",
                "torch load",
                "torch.hub load",
                "torch.jit load",
                "torch._utils _import_dotted_name",
                "numpy load",
                "webbrowser open",
                "pickle loads",
                "argparse _sys.modules",
                "copy_reg _reconstructor"
            })
    void callOfAForeignFunctionIsRefusedByName(String name) {
        String[] parts = name.split(" ");
        String reason = "the name \"" + name.replace(' ', '.') + "\"";
        refused(
                dict(pickle -> pickle.text("x")
                        .global(parts[0], parts[1])
                        .text("touch")
                        .op(0x85)
                        .ops("Rs")),
                2,
                reason);
        refused(PickleBuilder.pickle().global(parts[0], parts[1]).ops(")R."), 0, reason);
        refused(dict(pickle -> pickle.text("x").global(parts[0], parts[1]).op('s')), 2, reason);
    }

    @Test
    void nothingIsRunEvenWhenTheCallIsDressedUpAsAnObject(@TempDir Path folder) {
        Path trace = folder.resolve("trace");
        PickleBuilder dressed = dict(pickle -> pickle.text("x")
                .global("os", "system")
                .text("touch " + trace)
                .op(0x85)
                .ops("R}bs"));
        try (Checkpoint checkpoint = parse(dressed, 2)) {
            assertEquals(List.of("\"x\" dropped: an object of os system"), checkpoint.warnings());
        }
        assertFalse(Files.exists(trace));
    }

    @Test
    void aSecondCallWithoutStateIsStillRefused() {
        refused(
                dict(pickle -> pickle.text("x")
                        .global("os", "system")
                        .ops(")R}bs")
                        .text("y")
                        .global("os", "system")
                        .ops(")Rs")),
                2,
                "the name \"os.system\"");
    }

    @Test
    void foreignFunctionsCannotHideInATensorRebuild() {
        refused(
                dict(pickle -> pickle.text("x")
                        .global("torch._tensor", "_rebuild_from_type_v2")
                        .op('(')
                        .global("os", "system")
                        .global("torch", "Tensor")
                        .text("id")
                        .op(0x85)
                        .op('}')
                        .ops("tRs")),
                2,
                "a tensor rebuild inside _rebuild_from_type_v2");
        refused(
                dict(pickle -> pickle.text("x")
                        .global("torch._tensor", "_rebuild_from_type_v2")
                        .op('(')
                        .global("torch._tensor", "_rebuild_from_type_v2")
                        .ops("N)}tRs")),
                2,
                "a tensor rebuild inside _rebuild_from_type_v2");
    }

    @Test
    void everyOtherOpcodeIsRefusedWithItsPlace() {
        Set<Integer> known = new TreeSet<>();
        KNOWN_OPCODES.chars().forEach(known::add);
        for (int opcode = 0; opcode < 256; opcode++) {
            if (!known.contains(opcode) || opcode == 0x80) {
                refused(
                        PickleBuilder.pickle().op('}').op(opcode).ops("\n\n\n\n\0\0\0\0."),
                        0,
                        "expected an opcode that torch.save writes, got 0x%02x".formatted(opcode));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 255})
    void otherProtocolsAreRefused(int protocol) {
        refused(new PickleBuilder().op(0x80).op(protocol).ops("}."), 0, "expected protocol 2");
    }

    @Test
    void everyPrefixIsRefused() {
        byte[] file = dict(pickle -> pickle).legacy(2);
        for (int length = 0; length < file.length; length++) {
            byte[] prefix = Arrays.copyOf(file, length);
            assertThrows(
                    WeightsException.class,
                    () -> Checkpoint.parse("prefix", prefix).close());
        }
        byte[] longer = Arrays.copyOf(file, file.length + 1);
        WeightsException e = assertThrows(
                WeightsException.class, () -> Checkpoint.parse("longer", longer).close());
        assertTrue(e.getMessage().contains("1 bytes more"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".", "t.", "e.", "u.", "a.", "s.", "R.", "b.", "Q.", "q\0.", "\u0085.", "\u0087.", "\u0081.", "(.",
                "}}.", "(]e.", "((t."
            })
    void stackUnderflowAndLeftoversAreRefused(String opcodes) {
        refused(PickleBuilder.pickle().ops(opcodes), 0, "pickle at byte");
    }

    @Test
    void valuesBelowAMarkCannotBeTaken() {
        refused(PickleBuilder.pickle().ops("}(\u0085."), 0, "expected 1 values on the stack, got 0");
        refused(PickleBuilder.pickle().ops("}(q\0."), 0, "a value on the stack");
    }

    @Test
    void operandsOfTheWrongKindAreRefused() {
        refused(PickleBuilder.pickle().ops("}Na."), 0, "a list to append to");
        refused(PickleBuilder.pickle().ops("]NNs."), 0, "a dictionary to fill");
        refused(PickleBuilder.pickle().ops("}(Nu."), 0, "keys and values in pairs");
        refused(PickleBuilder.pickle().ops("N)R."), 0, "a name to call");
        refused(PickleBuilder.pickle().global("collections", "OrderedDict").ops("NR."), 0, "a tuple of arguments");
        refused(PickleBuilder.pickle().ops("]Nb."), 0, "an object to give a state to");
        refused(
                PickleBuilder.pickle()
                        .global("torch._utils", "_rebuild_tensor_v2")
                        .ops(")\u0081."),
                0,
                "a class to instantiate");
        refused(PickleBuilder.pickle().global("torch", "FloatStorage").ops(")R."), 0, "a storage by persistent id");
    }

    @Test
    void memoIndicesAreBounded() {
        refused(PickleBuilder.pickle().ops("}h\5."), 0, "a memo entry 5");
        refused(PickleBuilder.pickle().ops("}r").i32(Unpickler.MAX_MEMO).op('.'), 0, "a memo index below");
        refused(PickleBuilder.pickle().ops("}r").i32(-1).op('.'), 0, "got 4294967295");
        refused(PickleBuilder.pickle().ops("}j").i32(-1).op('.'), 0, "a memo entry 4294967295");
    }

    @Test
    void stringsAreBounded() {
        refused(PickleBuilder.pickle().op('X').i32(-1).op('.'), 0, "got 4294967295");
        refused(
                PickleBuilder.pickle()
                        .op('X')
                        .i32(Unpickler.MAX_STRING_BYTES + 1)
                        .op('.'),
                0,
                "a string of at most");
        refused(PickleBuilder.pickle().op('X').i32(1 << 20).op('.'), 0, "the end of the pickle");
        refused(PickleBuilder.pickle().op('X').i32(1).op(0xff).op('.'), 0, "UTF-8");
        refused(PickleBuilder.pickle().ops("c" + "a".repeat(257) + "\nb\n."), 0, "a name at byte");
        refused(PickleBuilder.pickle().ops("cos\nsys\u001btem\n)R."), 0, "a name at byte");
    }

    @Test
    void stackAndMarksAreBounded() {
        refused(PickleBuilder.pickle().ops("N".repeat(Unpickler.MAX_STACK + 1) + "."), 0, "at most 10000 values");
        refused(PickleBuilder.pickle().ops("(".repeat(Unpickler.MAX_STACK + 1) + "."), 0, "at most 10000 marks");
    }

    @Test
    void valuesAreBounded() {
        String batch = "(" + "N".repeat(9_000) + "e";
        PickleBuilder pickle = PickleBuilder.pickle().op(']');
        for (int i = 0; i * 9_000 < Unpickler.MAX_VALUES; i++) {
            pickle.ops(batch);
        }
        refused(pickle.op('.'), 0, "at most 5000000 values");
    }

    @Test
    void valuesThatContainThemselvesEnd() {
        refused(PickleBuilder.pickle().ops("]q\0h\0a."), 0, "a list of 1");
        PickleBuilder self = dict(
                pickle -> pickle.text("self")
                        .ops("h\0s")
                        .op('(')
                        .ops("h\0h\0h\0t")
                        .ops("q\1")
                        .text("t"),
                "h\1h\1s");
        assertThrows(WeightsException.class, () -> parse(self, 2).close());
        try (Checkpoint checkpoint = parse(
                dict(pickle ->
                        pickle.text("model_").ops("h\0s").text("state_dict").ops("h\0s")),
                2)) {
            assertEquals(Set.of("w"), checkpoint.entries().keySet());
        }
    }

    @Test
    void nestingThatDoublesEndsAtOnce() {
        PickleBuilder pickle = PickleBuilder.pickle().ops("}q\0").text("laughs").op('N');
        for (int i = 0; i < 5_000; i++) {
            pickle.op(0x85).ops("q\1h\1").op(0x86);
        }
        pickle.op('s').text("w").tensor().ops("s.");
        try (Checkpoint checkpoint = parse(pickle, 2)) {
            assertEquals(List.of("\"laughs\" dropped: a tuple of 2"), checkpoint.warnings());
        }
    }

    @Test
    void duplicateKeysAreRefused() {
        refused(dict(pickle -> pickle.text("w").ops("Ns")), 2, "each key of a dictionary once");
    }

    @Test
    void persistentIdsOtherThanStoragesAreRefused() {
        String reason = "the id of a storage";
        refused(PickleBuilder.pickle().text("0").ops("Q."), 0, reason);
        refused(PickleBuilder.pickle().ops(")Q."), 0, reason);
        refused(
                PickleBuilder.pickle()
                        .op('(')
                        .text("module")
                        .global("a", "b")
                        .text("f")
                        .text("s")
                        .op('N')
                        .ops("tQ."),
                0,
                reason);
        refused(PickleBuilder.pickle().storage("ComplexFloatStorage", "0", 2).op('.'), 0, "torch ComplexFloatStorage");
        refused(PickleBuilder.pickle().storage("FloatStorage", "0", -1).op('.'), 0, reason);
        refused(
                PickleBuilder.pickle()
                        .op('(')
                        .text("storage")
                        .global("torch", "FloatStorage")
                        .text("0")
                        .text("cpu")
                        .ops("K\2")
                        .ops(")tQ."),
                0,
                reason);
    }

    @Test
    void storagesMustBeInTheFileWithTheirSize() {
        refused(dict(pickle -> pickle), 0, "the data of all 1 storages");
        refused(dict(pickle -> pickle), 3, "expected 2 elements, got 3");
        refused(
                PickleBuilder.pickle()
                        .storage("FloatStorage", "0", Long.MAX_VALUE)
                        .op('.'),
                0,
                "at most 8589934592 bytes");
        refused(
                dict(pickle -> pickle.text("x").storage("FloatStorage", "0", 3).op('s')),
                2,
                "expected 2 elements of F32 as before, got 3 elements of F32");
        refused(
                dict(pickle -> pickle.text("x").storage("IntStorage", "0", 2).op('s')),
                2,
                "expected 2 elements of F32 as before, got 2 elements of I32");
        refused(PickleBuilder.pickle().ops("}."), 2, "keys of storages that the object uses");
    }

    @Test
    void onlyTheObjectMayMentionStorages() {
        byte[] object =
                PickleBuilder.pickle().storage("FloatStorage", "0", 2).op('.').toBytes();
        byte[] magic = Arrays.copyOf(PickleBuilder.pickle().ops("}.").legacy(0), 15);
        byte[] file = new PickleBuilder().bytes(magic).bytes(object).toBytes();
        WeightsException e = assertThrows(
                WeightsException.class,
                () -> Checkpoint.parse("hostile.pth", file).close());
        assertEquals(
                "hostile.pth: storage \"0\": expected to be part of the object only, got it elsewhere", e.getMessage());
    }

    @Test
    void viewsMustLieInsideTheirStorage() {
        long huge = Long.MAX_VALUE;
        refusedView("inside its storage", 0, new long[] {3}, new long[] {1});
        refusedView("inside its storage", 1, new long[] {2}, new long[] {1});
        refusedView("inside its storage", 2, new long[] {1}, new long[] {1});
        refusedView("inside its storage", 3, new long[] {0}, new long[] {1});
        refusedView("inside its storage", 0, new long[] {2}, new long[] {2});
        refusedView("inside its storage", huge, new long[] {1}, new long[] {1});
        refusedView("overflows", 0, new long[] {3}, new long[] {huge});
        refusedView("overflows", 0, new long[] {huge, huge}, new long[] {0, 0});
        refusedView("overflows", 0, new long[] {huge}, new long[] {0});
        refusedView("a stride for each size", 0, new long[] {2}, new long[] {});
        refusedView("a stride for each size", -1, new long[] {1}, new long[] {1});
        refusedView("a non-negative integer", 0, new long[] {-1}, new long[] {1});
        refusedView("a non-negative integer", 0, new long[] {1}, new long[] {-1});
        refusedView("at most 8 integers", 0, new long[9], new long[9]);
    }

    @Test
    void expandedViewsCannotFillTheDisk() {
        refusedView("by expanded views", 0, new long[] {1L << 40}, new long[] {0});
    }

    @Test
    void tensorNamesThatNoFileMayHaveAreRefused() {
        for (String name : new String[] {"", "a\nb", "\u0000", "__metadata__", "n".repeat(1_025)}) {
            PickleBuilder pickle =
                    PickleBuilder.pickle().op('}').text(name).tensor().ops("s.");
            refused(pickle, 2, "tensor name");
        }
    }

    private static void refusedView(String reason, long offset, long[] sizes, long[] strides) {
        PickleBuilder pickle = PickleBuilder.pickle()
                .op('}')
                .text("w")
                .tensor(2, offset, sizes, strides)
                .ops("s.");
        refused(pickle, 2, reason);
    }

    /** {"w": tensor} with more opcodes before its STOP; the dictionary is memo entry 0. */
    private static PickleBuilder dict(UnaryOperator<PickleBuilder> more, String... last) {
        PickleBuilder pickle =
                PickleBuilder.pickle().ops("}q\0").text("w").tensor().op('s');
        return more.apply(pickle).ops(String.join("", last)).op('.');
    }

    private static Checkpoint parse(PickleBuilder object, int count) {
        return Checkpoint.parse("hostile.pth", object.legacy(count));
    }

    private static void refused(PickleBuilder object, int count, String reason) {
        WeightsException e =
                assertThrows(WeightsException.class, () -> parse(object, count).close());
        assertTrue(e.getMessage().contains(reason), e.getMessage());
        assertTrue(e.getMessage().startsWith("hostile.pth: "), e.getMessage());
        assertFalse(e.getMessage().chars().anyMatch(Character::isISOControl), e.getMessage());
    }
}
