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

    /** What a class had found open when it began. */
    private record Before(List<LeakRegistry.Entry> open) {}

    @Override
    public void beforeAll(ExtensionContext context) {
        if (!LeakRegistry.enabled()) {
            throw new IllegalStateException("tests must run with -Dearshot.leaks=true");
        }
        context.getStore(NAMESPACE).put(Before.class, new Before(LeakRegistry.open()));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Before before = context.getStore(NAMESPACE).get(Before.class, Before.class);
        String report = report(context.getDisplayName(), before.open());
        if (!report.isEmpty()) {
            throw new AssertionError(report);
        }
    }

    /** What is open now and was not before, with stacks; empty if there is nothing. */
    public static String report(String testClass, List<LeakRegistry.Entry> before) {
        List<LeakRegistry.Entry> leaked = LeakRegistry.open();
        leaked.removeAll(before);
        if (leaked.isEmpty()) {
            return "";
        }
        StringWriter text = new StringWriter();
        PrintWriter lines = new PrintWriter(text, true);
        lines.printf("%s left %d resource(s) open:%n", testClass, leaked.size());
        leaked.forEach(entry -> entry.printStackTrace(lines));
        return text.toString();
    }
}
