package dev.earshot.segmentation.datasets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VggSoundListTest {
    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("list.csv"), text);
    }

    @Test
    void rowsOfTheLongFormWithQuotedLabelsAndOddIds() throws IOException {
        List<VggSoundList.Row> rows = VggSoundList.read(file("""
                ---g-f_I2yQ,1,people marching,test
                -0_abcdefgh,30,"vehicle horn, car horn, honking",train\r

                0123456789_,110,tap dancing,train
                """));
        assertEquals(
                List.of(
                        new VggSoundList.Row("---g-f_I2yQ", 1, "people marching", "test"),
                        new VggSoundList.Row("-0_abcdefgh", 30, "vehicle horn, car horn, honking", "train"),
                        new VggSoundList.Row("0123456789_", 110, "tap dancing", "train")),
                rows);
    }

    @Test
    void rowsOfTheTestListAreSplitAtTheLastUnderscore() throws IOException {
        List<VggSoundList.Row> rows = VggSoundList.read(file("""
                -_a_000012_b_000030.mp4,"playing marimba, xylophone"
                0123456789__000000.mp4,cat purring
                """));
        assertEquals(new VggSoundList.Row("-_a_000012_b", 30, "playing marimba, xylophone", ""), rows.getFirst());
        assertEquals(new VggSoundList.Row("0123456789_", 0, "cat purring", ""), rows.getLast());
    }

    @Test
    void otherRowsAreRefusedWithFileAndRow() throws IOException {
        for (String bad : List.of(
                "abc,30,vehicle horn, car horn,train", "abc,x,horn,train", "abc.mp4,horn", "a/b,1,horn,train", "abc")) {
            Path list = file("good,1,horn,train\n" + bad + "\n");
            String message = assertThrows(IllegalArgumentException.class, () -> VggSoundList.read(list))
                    .getMessage();
            assertTrue(message.contains("list.csv") && message.contains("row 2"), message);
        }
    }
}
