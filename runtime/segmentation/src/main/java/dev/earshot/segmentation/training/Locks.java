package dev.earshot.segmentation.training;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;

/** Files that one run at a time may write. */
final class Locks {
    private Locks() {}

    /** Locks a file until the channel is closed; false if another run, of this process or not, has it. */
    static boolean take(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) { // held by this process
            return false;
        }
    }
}
