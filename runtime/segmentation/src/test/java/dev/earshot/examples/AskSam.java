package dev.earshot.examples;

import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.segmentation.image.ImageFiles;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.MaskPng;
import dev.earshot.segmentation.sam.AutomaticMaskGenerator;
import dev.earshot.segmentation.sam.GeneratedMask;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.segmentation.sam.MaskPrediction;
import dev.earshot.segmentation.sam.PredictionOptions;
import dev.earshot.segmentation.sam.SamPredictor;
import dev.earshot.segmentation.sam.SamPrompt;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.weights.Weights;
import java.nio.file.Path;

/** One object by a point, and everything in the picture. */
final class AskSam {
    private AskSam() {}

    static void ask(Path checkpoint, Path picture, Path out) {
        // example: begin
        try (Backend backend = Backends.open("auto");
                Weights weights = Weights.open(checkpoint);
                Sam sam = Sam.load(backend, weights, SamOptions.DEFAULT);
                SamPredictor predictor = new SamPredictor(backend, sam);
                AutomaticMaskGenerator everything =
                        new AutomaticMaskGenerator(backend, sam, GeneratorSettings.DEFAULT)) {
            RgbImage image = ImageFiles.read(picture);
            predictor.setImage(image);
            SamPrompt prompt = SamPrompt.foreground(30, 20).andBackground(2, 2);
            for (MaskPrediction answer : predictor.predict(prompt, PredictionOptions.BEST)) {
                System.out.printf("predicted IoU %.2f%n", answer.predictedIou());
                MaskPng.write(out.resolve("object.png"), answer.mask());
            }
            for (GeneratedMask found : everything.generate(image)) {
                System.out.println(found.area() + " pixels: " + found.rle().compressed());
            }
        }
        // example: end
    }
}
