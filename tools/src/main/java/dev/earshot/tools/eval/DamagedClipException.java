package dev.earshot.tools.eval;

import dev.earshot.segmentation.MediaException;

/** A file of a clip cannot be read; figures without the clip would be figures of another benchmark. */
public final class DamagedClipException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DamagedClipException(String clip, MediaException cause) {
        super(clip + ": " + cause.getMessage() + " — repair the data set and go on with --resume", cause);
    }
}
