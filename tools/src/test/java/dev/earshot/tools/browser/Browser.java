package dev.earshot.tools.browser;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javafx.animation.PauseTransition;
import javafx.application.Platform;
import javafx.concurrent.Worker;
import javafx.scene.Scene;
import javafx.scene.image.WritableImage;
import javafx.scene.web.WebView;
import javafx.stage.Stage;
import javafx.util.Duration;

/** WebKit without a display: opens local pages at a given width, runs scripts in them and takes pictures of them. */
final class Browser {
    /** Nothing here takes a second; a machine with ten jobs per core has been seen to need forty. */
    private static final int TIMEOUT_SECONDS = 240;

    private WebView view;
    private Stage stage;

    /** Starts the engine. */
    static Browser start() throws Exception {
        System.setProperty("glass.platform", "Headless");
        System.setProperty("prism.order", "sw");
        CompletableFuture<Void> started = new CompletableFuture<>();
        Platform.startup(() -> started.complete(null));
        started.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        Platform.setImplicitExit(false);
        Browser browser = new Browser();
        browser.call(() -> {
            browser.view = new WebView();
            browser.stage = new Stage();
            browser.stage.setScene(new Scene(browser.view));
            return null;
        });
        return browser;
    }

    private <T> T call(Callable<T> task) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Platform.runLater(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** Opens a page in a window of the given size and waits until it and its pictures are there. */
    void open(Path page, int width, int height) throws Exception {
        CompletableFuture<Worker.State> loaded = new CompletableFuture<>();
        call(() -> {
            stage.setWidth(width);
            stage.setHeight(height);
            view.setPrefSize(width, height);
            stage.show();
            view.getEngine().getLoadWorker().stateProperty().addListener((_, _, state) -> {
                if (state == Worker.State.SUCCEEDED || state == Worker.State.FAILED) {
                    loaded.complete(state);
                }
            });
            view.getEngine().load(page.toUri().toString());
            return null;
        });
        Worker.State state = loaded.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (state != Worker.State.SUCCEEDED) {
            throw new IllegalStateException(page + " does not open");
        }
        drawn();
    }

    /** Waits a few frames, in which the page is laid out and painted. */
    private void drawn() throws Exception {
        CompletableFuture<Void> drawn = new CompletableFuture<>();
        call(() -> {
            PauseTransition pause = new PauseTransition(Duration.millis(500));
            pause.setOnFinished(_ -> drawn.complete(null));
            pause.play();
            return null;
        });
        drawn.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** The value of a JavaScript expression. */
    Object script(String expression) throws Exception {
        return call(() -> view.getEngine().executeScript(expression));
    }

    /** What the window shows. */
    BufferedImage picture() throws Exception {
        drawn();
        return call(() -> {
            WritableImage seen = view.snapshot(null, null);
            int width = (int) seen.getWidth();
            int height = (int) seen.getHeight();
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    image.setRGB(x, y, seen.getPixelReader().getArgb(x, y));
                }
            }
            return image;
        });
    }

    /** Stops the engine for the rest of the process. */
    void close() throws Exception {
        call(() -> {
            stage.close();
            return null;
        });
        Platform.exit();
    }
}
