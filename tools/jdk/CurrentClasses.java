import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Gives the classes of jar files that were compiled for Java 5 the form of today's class files, with stack maps and nothing
 * else changed. The archive that the command starts from cannot hold the old form: such classes are parsed, and verified by
 * the slow old verifier, at every start. Run by the launcher at the end of a build, with JDK 24 or newer.
 */
final class CurrentClasses {
    /** The first version that must have stack maps is 51; this is Java 17's. */
    private static final int VERSION = 61;

    /** Below it stack maps are unknown. */
    private static final int FIRST_WITH_STACK_MAPS = 50;

    private static final String NOTE = "META-INF/changed-by-earshot.txt";

    private CurrentClasses() {}

    public static void main(String[] jars) throws IOException {
        for (String jar : jars) {
            rewrite(Path.of(jar));
        }
    }

    private static void rewrite(Path jar) throws IOException {
        Path temporary = Files.createTempFile(jar.toAbsolutePath().getParent(), "classes-", ".tmp");
        try {
            boolean changed;
            try (JarFile in = new JarFile(jar.toFile());
                    URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
                    ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(temporary))) {
                changed = copy(in, out, rewriter(classes));
            }
            if (changed) {
                Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(jar));
                Files.move(temporary, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static ClassFile rewriter(ClassLoader classes) {
        return ClassFile.of(
                ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                        .orElse(ClassHierarchyResolver.defaultResolver())),
                StackMapsOption.GENERATE_STACK_MAPS);
    }

    private static boolean copy(JarFile in, ZipOutputStream out, ClassFile rewriter) throws IOException {
        boolean changed = false;
        for (JarEntry entry : Collections.list(in.entries())) {
            byte[] bytes = in.getInputStream(entry).readAllBytes();
            if (entry.getName().endsWith(".class")) {
                ClassModel model = rewriter.parse(bytes);
                if (model.majorVersion() < FIRST_WITH_STACK_MAPS) {
                    bytes = current(rewriter, model);
                    changed = true;
                }
            }
            put(out, entry.getName(), entry.getTime(), bytes);
        }
        if (changed) {
            put(out, NOTE, 0, "Class files brought to version %d, with stack maps; nothing else was changed.\n"
                    .formatted(VERSION)
                    .getBytes(StandardCharsets.UTF_8));
        }
        return changed;
    }

    private static byte[] current(ClassFile rewriter, ClassModel model) {
        ClassTransform version =
                (to, element) -> to.with(element instanceof ClassFileVersion ? ClassFileVersion.of(VERSION, 0) : element);
        // Code that is not taken apart keeps its bytes, and so would have no stack map.
        byte[] bytes = rewriter.transformClass(
                model, version.andThen(ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)));
        if (!rewriter.verify(bytes).isEmpty()) {
            throw new IllegalStateException(
                    model.thisClass().asInternalName() + ": " + rewriter.verify(bytes).getFirst());
        }
        return bytes;
    }

    private static void put(ZipOutputStream out, String name, long time, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(time);
        out.putNextEntry(entry);
        out.write(bytes);
        out.closeEntry();
    }
}
