package dev.earshot.segmentation.cascade;

import java.util.List;

/** Puts pictures and sounds into one space; ImageBind, or a stub in tests. */
interface JointEmbedder extends AutoCloseable {
    /** Its name in messages. */
    String name();

    /** Side of its pictures in pixels. */
    int side();

    /** The embedding of one second of sound, of any length. */
    float[] sound(float[] samples);

    /** The embeddings of pictures [3, side, side], in order, of any length. */
    List<float[]> pictures(List<float[]> pictures);

    @Override
    default void close() {}
}
