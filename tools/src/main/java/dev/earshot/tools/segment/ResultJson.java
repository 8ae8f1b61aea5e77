package dev.earshot.tools.segment;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.StageTimes;
import dev.earshot.segmentation.Utilisation;
import dev.earshot.segmentation.output.CocoRle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code result.json}, written frame by frame so that long clips need no memory: how the result came about, then one entry
 * per frame with its mask in COCO's run-length encoding, then times and notes. Numbers that are not finite are null.
 */
final class ResultJson implements AutoCloseable {
    private static final double NANOS_PER_MILLI = 1e6;

    private final JsonGenerator json;
    private StageTimes total = StageTimes.NONE;

    ResultJson(Path file, String input, String clip, RunInfo run) {
        try {
            json = new JsonFactory().createGenerator(Files.newBufferedWriter(file));
            json.setPrettyPrinter(new DefaultPrettyPrinter());
            json.configure(JsonWriteFeature.WRITE_NAN_AS_STRINGS.mappedFeature(), false);
            json.writeStartObject();
            json.writeStringField("input", input);
            json.writeStringField("clip", clip);
            json.writeStringField("method", run.method());
            words("settings", run.settings());
            json.writeNumberField("framesPerSecond", run.framesPerSecond());
            json.writeObjectFieldStart("device");
            json.writeStringField("backend", run.backend().name());
            json.writeStringField("name", run.backend().device());
            json.writeEndObject();
            words("versions", run.versions());
            json.writeArrayFieldStart("frames");
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void words(String field, Map<String, String> words) throws IOException {
        json.writeObjectFieldStart(field);
        for (Map.Entry<String, String> entry : words.entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }

    void frame(FrameMask frame, String maskFile) {
        total = total.plus(frame.times());
        CocoRle rle = CocoRle.of(frame.mask());
        try {
            json.writeStartObject();
            json.writeNumberField("index", frame.index());
            json.writeNumberField("timeSeconds", frame.timeSeconds());
            json.writeStringField("mask", maskFile);
            json.writeObjectFieldStart("segmentation");
            numbers("size", rle.height(), rle.width());
            json.writeStringField("counts", rle.compressed());
            json.writeEndObject();
            json.writeNumberField("area", rle.area());
            numbers("bbox", rle.boundingBox());
            number("score", frame.score());
            number("loudnessDbfs", frame.loudnessDbfs());
            json.writeBooleanField("silent", frame.silent());
            json.writeArrayFieldStart("regions");
            for (FrameMask.Region region : frame.regions()) {
                json.writeStartObject();
                number("score", region.score());
                number("contrast", region.contrast());
                number("share", region.share());
                json.writeBooleanField("selected", region.selected());
                if (region.proposal().isPresent()) {
                    PixelBox box = region.proposal().get().box();
                    number("scaledScore", region.proposal().get().scaledScore());
                    numbers("box", box.left(), box.top(), box.width(), box.height());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            times("millis", frame.times());
            json.writeEndObject();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void numbers(String field, int... values) throws IOException {
        json.writeFieldName(field);
        json.writeArray(values, 0, values.length);
    }

    private void number(String field, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumberField(field, Math.round(value * 1e6) / 1e6);
        } else {
            json.writeNullField(field);
        }
    }

    private void times(String field, StageTimes times) throws IOException {
        json.writeObjectFieldStart(field);
        for (Map.Entry<String, Long> stage : times.nanos().entrySet()) {
            number(stage.getKey(), stage.getValue() / NANOS_PER_MILLI);
        }
        json.writeEndObject();
    }

    /** Writes what is known at the end; waits for the weights' hashes. */
    void finish(RunInfo run, List<String> notes, Utilisation stages) {
        try {
            json.writeEndArray();
            json.writeArrayFieldStart("weights");
            for (WeightHashes.WeightFile file : run.weights().all()) {
                json.writeStartObject();
                json.writeStringField("role", file.role());
                json.writeStringField("file", file.file());
                json.writeStringField("sha256", file.sha256());
                json.writeEndObject();
            }
            json.writeEndArray();
            times("totalMillis", total);
            number("wallMillis", stages.wallNanos() / NANOS_PER_MILLI);
            json.setCodec(new ObjectMapper()); // for nested maps; slow to make, so not before the first frame
            json.writePOJOField("stages", StageReport.json(stages));
            json.writeArrayFieldStart("notes");
            for (String note : notes) {
                json.writeString(note);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeRaw('\n');
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static UncheckedIOException failed(IOException e) {
        return new UncheckedIOException("result.json cannot be written", e);
    }

    @Override
    public void close() {
        try {
            json.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
