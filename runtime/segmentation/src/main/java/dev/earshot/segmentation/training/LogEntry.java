package dev.earshot.segmentation.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A line of the log: means over the steps since the line before.
 *
 * @param step last of these steps
 * @param loss mean loss
 * @param swappedLoss mean hinge of swapped sounds, before its weight; 0 where that is off
 * @param costPositive mean C_pos
 * @param costNegative mean C_neg
 * @param activeShare share of samples whose hinge was above 0
 * @param gradientNorm mean global norm of the gradients, before clipping
 * @param stillShare share of pixels whose winner was at displacement 0
 * @param learningRate of the last step
 * @param imagesPerSecond through the adapted blocks, by the wall clock
 */
public record LogEntry(
        @JsonProperty("step") long step,
        @JsonProperty("loss") double loss,
        @JsonProperty("swapped_loss") double swappedLoss,
        @JsonProperty("c_pos") double costPositive,
        @JsonProperty("c_neg") double costNegative,
        @JsonProperty("active_share") double activeShare,
        @JsonProperty("grad_norm") double gradientNorm,
        @JsonProperty("still_share") double stillShare,
        @JsonProperty("lr") double learningRate,
        @JsonProperty("images_per_second") double imagesPerSecond) {
    static final String HEADER =
            "step,loss,swapped_loss,c_pos,c_neg,active_share,grad_norm,still_share,lr,images_per_second\n";

    /** The values in the order of {@link #HEADER}. */
    List<Number> values() {
        return List.of(
                step,
                loss,
                swappedLoss,
                costPositive,
                costNegative,
                activeShare,
                gradientNorm,
                stillShare,
                learningRate,
                imagesPerSecond);
    }
}
