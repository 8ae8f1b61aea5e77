package dev.earshot.tensor;

import java.util.List;

/**
 * What a backend runs on.
 *
 * @param name {@code cpu}, {@code cpu:int8}, {@code reference}, {@code cuda:0}, {@code cuda:0:tf32} …
 * @param device processor or card in words
 * @param libraries name and version of each native library in use
 * @param details further lines for {@code earshot doctor}
 */
public record BackendInfo(String name, String device, List<String> libraries, List<String> details) {
    public BackendInfo {
        libraries = List.copyOf(libraries);
        details = List.copyOf(details);
    }

    /** True on a card, a real or a simulated one, where large pieces of work pay. */
    public boolean isCard() {
        return name.startsWith("cuda") || name.startsWith("simcuda");
    }

    /** What result files call the arithmetic of products whose operands are of type {@code compute}. */
    public String precision(DType compute) {
        if (compute == DType.BF16) {
            return "bf16";
        }
        for (String rounded : List.of("int8", "tf32")) {
            if (name.endsWith(":" + rounded)) {
                return rounded;
            }
        }
        return "fp32";
    }
}
