package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The instruction set that oneDNN uses here, which {@code ONEDNN_MAX_CPU_ISA} may have lowered.
 *
 * @param bits oneDNN's code: each set contains the bits of those it extends
 */
record Isa(int bits) {
    static Isa effective() {
        return new Isa(dnnl.dnnl_get_effective_cpu_isa());
    }

    /**
     * True if products of BF16 operands run on instructions for them. Without those oneDNN either has no such product or
     * one that is slower than F32, so the instruction set decides; that the library agrees is tried as well.
     */
    boolean nativeBf16(OneDnn onednn) {
        boolean instructions = has(dnnl.dnnl_cpu_isa_avx512_core_bf16()) || has(dnnl.dnnl_cpu_isa_avx2_vnni_2());
        return instructions && implementsBf16(onednn);
    }

    /** True if the library has a BF16 product at all. */
    static boolean implementsBf16(OneDnn onednn) {
        try (MemoryDesc operand = MemoryDesc.dense(DType.BF16, 64, 64);
                MemoryDesc result = MemoryDesc.dense(DType.F32, 64, 64);
                Primitive product =
                        onednn.matmul(operand, operand, MemoryDesc.NONE, result, Epilogue.NONE, MemoryDesc.NONE)) {
            return !product.implementation().startsWith("ref");
        } catch (DnnlException e) {
            if (e.unimplemented()) {
                return false;
            }
            throw e;
        }
    }

    private boolean hasAvx512() {
        return has(dnnl.dnnl_cpu_isa_avx512_core());
    }

    /**
     * True if products run fastest on right operands in blocks of 16 or 32 columns. Without AVX-512 oneDNN picks blocks of 64,
     * which its AVX2 kernel walks in uneven strips: 78 GF/s on a Zen 3 core (peak 102), against 91 with blocks of 16 and 93
     * with blocks of 32; on a single row blocks of 32 are twice as fast as those of 16. Elsewhere the choice is left to the
     * library.
     */
    boolean prefersNarrowBlocks() {
        return has(dnnl.dnnl_cpu_isa_avx2()) && !hasAvx512();
    }

    /**
     * Largest quantised weight, see {@link DynamicInt8}.
     *
     * @throws IllegalStateException if 8-bit integers gain nothing here
     */
    int int8WeightLevels() {
        if (has(dnnl.dnnl_cpu_isa_avx512_core_vnni()) || has(dnnl.dnnl_cpu_isa_avx2_vnni())) {
            return DynamicInt8.FULL_LEVELS;
        }
        if (!has(dnnl.dnnl_cpu_isa_avx2())) {
            throw new IllegalStateException(
                    "int8 on the CPU: expected AVX2 or newer, got %s — use fp32".formatted(name()));
        }
        return DynamicInt8.SAFE_LEVELS;
    }

    private boolean has(int set) {
        return (bits & set) == set;
    }

    /** The newest set among the ones we tell apart. */
    String name() {
        if (has(dnnl.dnnl_cpu_isa_avx512_core_amx())) {
            return "AVX-512 with AMX";
        }
        if (has(dnnl.dnnl_cpu_isa_avx512_core_bf16())) {
            return "AVX-512 with BF16";
        }
        if (hasAvx512()) {
            return "AVX-512";
        }
        if (has(dnnl.dnnl_cpu_isa_avx2_vnni_2())) {
            return "AVX2 with VNNI and BF16 conversion";
        }
        if (has(dnnl.dnnl_cpu_isa_avx2_vnni())) {
            return "AVX2 with VNNI";
        }
        return has(dnnl.dnnl_cpu_isa_avx2()) ? "AVX2" : "older than AVX2 (code %d)".formatted(bits);
    }

    /** The processor's name as Linux gives it, else the architecture. */
    static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch"); // not Linux: the name is for people only
        }
    }
}
