package dev.earshot.tensor.testing;

import dev.earshot.tensor.internal.LeakRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves a backend, workspace, parameter scope or program open, with the stack that opened it.
 * Registered for every test class through {@code META-INF/services}; what was open before the class is not its fault.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        if (!LeakRegistry.enabled()) {
            throw new IllegalStateException("tests must run with -Dearshot.leaks=true");
        }
        context.getStore(NAMESPACE).put("before", LeakRegistry.open());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<LeakRegistry.Entry> leaked = LeakRegistry.open();
        leaked.removeAll(context.getStore(NAMESPACE).get("before", List.class));
        if (leaked.isEmpty()) {
            return;
        }
        StringWriter stacks = new StringWriter();
        leaked.forEach(entry -> entry.printStackTrace(new PrintWriter(stacks, true)));
        throw new AssertionError(
                "%s left %d resource(s) open:%n%s".formatted(context.getDisplayName(), leaked.size(), stacks));
    }
}
