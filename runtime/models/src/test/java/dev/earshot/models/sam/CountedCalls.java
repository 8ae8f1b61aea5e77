package dev.earshot.models.sam;

import dev.earshot.tensor.Backend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;

/** A backend that counts the calls of its methods by name. */
final class CountedCalls {
    private final Map<String, Integer> counts = new HashMap<>();
    private final Backend backend;

    CountedCalls(Backend target) {
        backend = (Backend) Proxy.newProxyInstance(
                CountedCalls.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
                    counts.merge(method.getName(), 1, Integer::sum);
                    try {
                        return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    Backend backend() {
        return backend;
    }

    int count(String method) {
        return counts.getOrDefault(method, 0);
    }
}
