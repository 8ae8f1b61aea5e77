package dev.earshot.bench.startup;

import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.weights.SafetensorsWriter;
import dev.earshot.tensor.weights.StoredType;
import dev.earshot.tensor.weights.Weights;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** ImageBind with generated weights, of the published widths and of as many blocks as the measurement has room for. */
enum FillerModel {
    /** The published model's image and audio encoders, 2.9 GB in fp32. */
    HUGE("ImageBind-Huge", 32, 12),
    /** 2 image and 1 audio blocks, 200 MB. */
    SMALL("ImageBind of 2 + 1 blocks", 2, 1);

    private final String title;
    private final ImageBindConfig config;

    FillerModel(String title, int imageBlocks, int audioBlocks) {
        this.title = title;
        this.config = ImageBindConfig.HUGE.withDepths(imageBlocks, audioBlocks);
    }

    String title() {
        return title;
    }

    ImageBindConfig config() {
        return config;
    }

    /** Writes the weights as an fp32 file, tensor by tensor. */
    void write(Path file) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Weights filler = ImageBind.filler(config)) {
            for (String key : filler.keys()) {
                // Generated when it is written: all at once would need the file's size of memory.
                writer.tensor(key, StoredType.F32, filler.entry(key).shape(), out -> writeAll(filler.read(key), out));
            }
            writer.write(file);
        }
    }

    private static void writeAll(HostTensor tensor, WritableByteChannel out) throws IOException {
        byte[] plain = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer bytes = ByteBuffer.wrap(plain);
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
