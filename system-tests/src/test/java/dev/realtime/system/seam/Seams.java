package dev.realtime.system.seam;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Every call between parts, as the class files have them: the list of seams comes from the code, so that a new call is
 * a new case. A part is a source file; what is called outside ours counts where it can fail or hands on to others.
 * Immutable once made.
 */
final class Seams {
    /** Outside ours: what does something, or calls back. Collections and values don't count. */
    private static final Pattern OUTSIDE =
            Pattern.compile("java/(lang/(Runnable|Thread)|io/|sql/|nio/channels/|util/function/"
                    + "|util/concurrent/(\\w*Execut\\w*|\\w*Future|Semaphore|CountDownLatch))[^#]*#.*"
                    + "|(javax/sql/|org/eclipse/jetty/|jakarta/servlet/|com/fasterxml/|com/nimbusds/|io/micrometer/|io/lettuce/"
                    + "|com/zaxxer/|com/impossibl/|org/postgresql/|org/flywaydb/).*");

    private final Map<String, byte[]> woven = new TreeMap<>();
    private final Map<String, Integer> numbers = new LinkedHashMap<>();
    private static final String BELOW = "/**";

    private final List<String> names = new ArrayList<>();

    /**
     * @param packages whose calls are seams, such as {@code dev/realtime/sse/internal/http}; with those below it if it
     *     ends in {@code /**}
     * @param parts one class of each module that they are in
     */
    Seams(List<String> packages, Class<?>... parts) {
        Map<String, byte[]> classes = new TreeMap<>();
        for (Class<?> part : parts) {
            read(part, packages, classes);
        }
        classes.forEach((name, bytes) -> woven.put(name.replace('/', '.'), SeamWeaver.woven(bytes, this::number)));
    }

    /** The woven class of this name; null if it is as it was. */
    byte[] woven(String className) {
        return woven.get(className);
    }

    /** By number. */
    List<String> names() {
        return List.copyOf(names);
    }

    private int number(String caller, String callee) {
        boolean ours = callee.startsWith("dev/realtime/");
        if (ours ? part(caller).equals(part(callee)) : !OUTSIDE.matcher(callee).matches()) {
            return -1;
        }
        return numbers.computeIfAbsent(shown(caller) + " -> " + shown(callee), name -> {
            names.add(name);
            return names.size() - 1;
        });
    }

    private static String part(String member) {
        return member.substring(0, member.indexOf('#')).replaceFirst("\\$.*", "");
    }

    private static String shown(String member) {
        return member.replaceFirst("^dev/realtime/(transport/)?", "")
                .replace('/', '.')
                .replace('$', '.');
    }

    private static void read(Class<?> part, List<String> packages, Map<String, byte[]> classes) {
        try {
            URI place = part.getProtectionDomain().getCodeSource().getLocation().toURI();
            if (Files.isDirectory(Path.of(place))) {
                read(Path.of(place), packages, classes);
            } else {
                try (FileSystem jar = FileSystems.newFileSystem(Path.of(place))) {
                    read(jar.getPath("/"), packages, classes);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void read(Path root, List<String> packages, Map<String, byte[]> classes) throws IOException {
        for (String name : packages) {
            boolean below = name.endsWith(BELOW);
            Path folder = root.resolve(below ? name.substring(0, name.length() - BELOW.length()) : name);
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(folder, below ? Integer.MAX_VALUE : 1)) {
                for (Path file :
                        (Iterable<Path>) files.filter(each -> each.toString().endsWith(".class"))::iterator) {
                    String path = root.relativize(file).toString();
                    classes.put(path.substring(0, path.length() - ".class".length()), Files.readAllBytes(file));
                }
            }
        }
    }

    /** A class as it stands on the class path; null if it is not there. */
    static byte[] original(ClassLoader loader, String className) {
        try (InputStream in = loader.getResourceAsStream(className.replace('.', '/') + ".class")) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
