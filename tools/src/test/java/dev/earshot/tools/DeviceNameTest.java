package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DeviceNameTest {
    private static DeviceName device(String text) {
        return new DeviceName.Converter().convert(text);
    }

    @ParameterizedTest
    @CsvSource({
        "auto, FP32, auto",
        "CPU, BF16, cpu",
        "cuda:1, BF16, cuda:1",
        "cuda, TF32, cuda:tf32",
        "cuda:1, TF32, cuda:1:tf32",
        "simcuda, TF32, simcuda:tf32",
        "auto, TF32, cuda:tf32",
        "cpu, INT8, cpu:int8",
        "auto, INT8, cpu:int8"
    })
    void backendNameOf(String text, Precision precision, String backend) {
        assertEquals(backend, device(text).backendName(precision));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1:tf32", "cpu:0", "auto:1", ""})
    void whatIsNoDeviceIsRefused(String text) {
        String message =
                assertThrows(TypeConversionException.class, () -> device(text)).getMessage();
        assertTrue(message.contains("'" + text + "'") && message.contains("cuda:NUMBER"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuda", "cuda:1", "simcuda"})
    void int8OnACardIsTheCallersFault(String text) {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> device(text).open(Precision.INT8))
                .getMessage();
        assertEquals("--precision int8: expected the CPU, got --device " + text + " — use fp32 or bf16 there", message);
    }

    @Test
    void tf32OnTheCpuIsTheCallersFault() {
        String message = assertThrows(
                        IllegalArgumentException.class, () -> device("cpu").open(Precision.TF32))
                .getMessage();
        assertTrue(message.contains("--precision tf32") && message.contains("use fp32 or bf16"), message);
    }
}
