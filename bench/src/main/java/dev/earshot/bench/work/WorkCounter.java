package dev.earshot.bench.work;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Counts what ops compute and move while they run as ever: a stand-in for a backend that notes each call and passes it on,
 * at about a microsecond per op and an addition per replay of a program. Where even that is too much, {@link #counting}
 * notes the ops of a capture alone. Used by the backend's thread.
 */
public final class WorkCounter {
    private static final Set<String> TRANSFERS = Set.of("upload", "download");

    private Work total = Work.NONE;

    /** Everything counted so far. */
    public Work total() {
        return total;
    }

    /** A pass whose ops are counted when it is captured; replays of the program are not seen. */
    public Consumer<Backend> counting(Consumer<Backend> pass) {
        return backend -> pass.accept(over(backend));
    }

    /** A backend that passes every call on to {@code backend}; replays of its programs count too. */
    public Backend over(Backend backend) {
        return wrap(Backend.class, backend);
    }

    private <T> T wrap(Class<T> type, T target) {
        InvocationHandler handler = (proxy, method, arguments) -> call(type, proxy, target, method, arguments);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /** The ops inside a capture come by here too. */
    @SuppressWarnings("unchecked") // the only argument of Backend.capture
    private Object[] counted(Object[] arguments) {
        return new Object[] {counting((Consumer<Backend>) arguments[0])};
    }

    /** A program whose every run counts as much as its capture did. */
    private Program replays(Program program, Work each) {
        return new Program() {
            @Override
            public void run() {
                program.run();
                total = total.plus(each);
            }

            @Override
            public int steps() {
                return program.steps();
            }

            @Override
            public void close() {
                program.close();
            }
        };
    }

    private <T> Object call(Class<T> type, Object proxy, T target, Method method, Object[] arguments) throws Throwable {
        if (method.isDefault()) {
            return InvocationHandler.invokeDefault(proxy, method, arguments); // made of calls that come back here
        }
        if (method.getReturnType() == TrainingOps.class) {
            return wrap(TrainingOps.class, ((Backend) target).training());
        }
        boolean computes = method.getReturnType() == void.class
                && !TRANSFERS.contains(method.getName())
                && arguments != null
                && Arrays.stream(arguments).anyMatch(Tensor.class::isInstance);
        if (computes) {
            total = total.plus(OpWork.of(method.getName(), arguments));
        }
        Work before = total;
        try {
            Object result = method.invoke(target, method.getName().equals("capture") ? counted(arguments) : arguments);
            return result instanceof Program program ? replays(program, total.minus(before)) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
