package dev.earshot.tools;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.TreeMap;
import picocli.CommandLine.IVersionProvider;

/** Versions of Earshot and of the libraries it was built with, as recorded by the build. */
public final class Versions implements IVersionProvider {
    private Versions() {}

    /** Name to version, sorted by name; {@code earshot} is among them. */
    public static TreeMap<String, String> all() {
        Properties properties = new Properties();
        try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
            if (in == null) {
                throw new IllegalStateException("versions.properties is missing from the tools jar; rebuild it");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("versions.properties of the tools jar cannot be read", e);
        }
        TreeMap<String, String> versions = new TreeMap<>();
        properties.forEach((name, version) -> versions.put((String) name, (String) version));
        return versions;
    }

    @Override
    public String[] getVersion() {
        TreeMap<String, String> versions = all();
        StringBuilder libraries = new StringBuilder();
        versions.forEach((name, version) -> {
            if (!name.equals("earshot")) {
                libraries
                        .append(libraries.isEmpty() ? "" : ", ")
                        .append(name)
                        .append(' ')
                        .append(version);
            }
        });
        return new String[] {
            "earshot " + versions.get("earshot"),
            "JDK " + Runtime.version() + " (" + System.getProperty("java.vendor") + "), "
                    + System.getProperty("os.name") + " " + System.getProperty("os.arch"),
            libraries.toString()
        };
    }
}
