package dev.earshot.segmentation.video;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.audio.Waveform;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CopyOnWriteArrayList;

/** Sound of a video, decoded by FFmpeg to raw floats. Holds one block. */
final class VideoAudio implements AudioSource {
    private final int sampleRateHz;
    private final int channels;
    private final FfmpegProcess process;
    private final String name;
    private final List<String> notes = new CopyOnWriteArrayList<>(); // asked for by other threads
    private Waveform pending;
    private boolean decoded;
    private boolean ended;
    private volatile boolean stopped;

    VideoAudio(Path file, VideoProbe probe, int sampleRateHz, int channels, Sampling sampling, VideoLimits limits) {
        Input.check(file);
        this.name = Input.name(file);
        this.sampleRateHz = sampleRateHz;
        this.channels = channels;
        if (!probe.hasAudio()) {
            throw MediaException.of(Input.name(file), "sound", "pictures only", "give the sound as a WAV file");
        }
        if (sampleRateHz < 1000 || sampleRateHz > 768_000 || channels < 1 || channels > 64) {
            throw MediaException.of(
                    Input.name(file) + " sound",
                    "1 to 64 channels at 1 to 768 kHz",
                    channels + " channels at " + sampleRateHz + " Hz",
                    "convert the sound first");
        }
        List<String> arguments = new ArrayList<>(Input.quiet());
        arguments.addAll(Input.guards(limits));
        if (sampling.startSeconds() > 0) {
            arguments.addAll(List.of("-ss", Input.number(sampling.startSeconds())));
        }
        arguments.addAll(List.of("-t", Input.number(Math.min(limits.maxSeconds(), sampling.seconds()))));
        arguments.addAll(Input.input(file));
        arguments.addAll(List.of("-map", "0:a:0", "-vn", "-sn", "-dn"));
        // Silence where the sound begins late or has a gap, so that sample n is heard at n / rate.
        // Without rematrix_maxval, floats of two channels would be summed with 0.707 each, 3 dB above their mean.
        String filter = "aresample=" + sampleRateHz + ":async=1:first_pts=0:rematrix_maxval=1:osf=flt";
        arguments.addAll(List.of("-af", channels == 1 ? filter + ":ochl=mono" : filter));
        arguments.addAll(List.of("-ac", "" + channels, "-ar", "" + sampleRateHz, "-f", "f32le", "pipe:1"));
        FfmpegTools tools = FfmpegTools.get();
        process = FfmpegProcess.start(tools, tools.ffmpeg(), arguments, Input.name(file), false, limits.stall());
    }

    @Override
    public int sampleRateHz() {
        return sampleRateHz;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public boolean hasNext() {
        if (pending == null && !ended) {
            byte[] block = new byte[4 * sampleRateHz * channels];
            int samples = process.read(block) / (4 * channels);
            if (samples == 0) {
                end();
            } else {
                decoded = true;
                pending = deinterleave(block, samples);
            }
        }
        return pending != null;
    }

    private Waveform deinterleave(byte[] block, int samples) {
        FloatBuffer values =
                ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[][] out = new float[channels][samples];
        for (int i = 0; i < samples; i++) {
            for (float[] channel : out) {
                float value = values.get();
                channel[i] = Float.isFinite(value) ? value : 0;
            }
        }
        return new Waveform(out, sampleRateHz);
    }

    @Override
    public Waveform next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more sound");
        }
        Waveform block = pending;
        pending = null;
        return block;
    }

    private void end() {
        int status = process.finish();
        String errors = process.errors();
        if (stopped) {
            close();
            return; // the process was ended on purpose and nothing follows from how
        }
        if (status != 0 && !decoded) {
            notes.add(name + ": its sound cannot be decoded and counts as silent (" + errors + ")");
        } else if (!errors.isEmpty()) {
            notes.add(name + ": damaged sound was concealed (" + errors + ")");
        }
        close();
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public void stop() {
        stopped = true;
        process.kill();
    }

    @Override
    public void close() {
        ended = true;
        pending = null;
        process.close();
    }
}
