package dev.earshot.cuda.device;

import dev.earshot.cuda.CudaDiagnostics;
import dev.earshot.cuda.CudaException;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process does that gets a card, or a simulated one, into trouble: the first argument says which, the second is the
 * backend's name. Prints what it is told, then what still works.
 */
final class CardInTrouble {
    /** Of the free memory, in one buffer: a few dozen of them fill a card of any size. */
    private static final int SHARE = 32;

    private static final int MOST_BUFFERS = 10 * SHARE;
    /** Where no allocation is. */
    private static final long NOWHERE = 1L << 44;

    private CardInTrouble() {}

    public static void main(String[] arguments) throws ReflectiveOperationException {
        switch (arguments[0]) {
            case "open" -> open(arguments[1]);
            case "exhaust" -> exhaust(arguments[1]);
            case "fault" -> fault(arguments[1]);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void open(String name) {
        try (Backend backend = Backends.open(name)) {
            System.out.println("opened " + backend.info().name());
        } catch (RuntimeException e) {
            System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
        }
    }

    /** Takes memory until there is no more. */
    private static void exhaust(String name) {
        try (Backend backend = Backends.open(name);
                Workspace small = backend.workspace(1 << 16)) {
            Tensor kept = small.allocate(DType.F32, 40);
            backend.training().fill(kept, 3.5f);
            backend.affine(kept, 2, 0, kept); // its kernel is loaded while there is memory for it
            long free = CudaDiagnostics.open().getFirst().freeBytes();
            long bytes = Math.min(free, Long.getLong("earshot.cuda.memory", free)) / SHARE;
            List<Workspace> taken = new ArrayList<>();
            try {
                while (taken.size() < MOST_BUFFERS) {
                    taken.add(backend.workspace(bytes));
                }
                System.out.println("never refused");
            } catch (CudaException e) {
                System.out.println(e.getMessage());
            }
            System.out.println("buffers: " + taken.size());
            backend.affine(kept, 2, 0, kept);
            System.out.println("kept: " + backend.download(kept)[39]);
            taken.forEach(Workspace::close);
            try (Workspace again = backend.workspace(bytes)) {
                Tensor x = again.allocate(DType.F32, 40);
                backend.training().fill(x, 3);
                System.out.println("taken again: " + backend.download(x)[39]);
            }
        }
        System.out.println("closed");
    }

    /** Lets a kernel write where no memory is. */
    private static void fault(String name) throws ReflectiveOperationException {
        Backend backend = Backends.open(name);
        Field field = backend.getClass().getDeclaredField("context");
        field.setAccessible(true);
        CudaContext context = (CudaContext) field.get(backend);
        Workspace workspace = backend.workspace(1 << 16);
        Tensor x = workspace.allocate(DType.F32, 40);
        Tensor nowhere = DeviceTensors.over(context, NOWHERE, DType.F32, Shape.of(40));
        List<Runnable> calls = List.of(
                () -> {
                    backend.training().fill(x, 1);
                    backend.affine(x, 2, 0, nowhere);
                    backend.synchronize();
                },
                () -> backend.training().fill(x, 1),
                () -> backend.download(x));
        CudaException first = null;
        for (Runnable call : calls) {
            try {
                call.run();
                System.out.println("no error");
            } catch (CudaException e) {
                System.out.println(e.getMessage() + (e.getCause() == first ? "" : ", of another cause"));
                first = first == null ? e : first;
            }
        }
        workspace.close();
        backend.close();
        System.out.println("closed");
    }
}
