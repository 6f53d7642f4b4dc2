package dev.realtime.transport.testkit.servers;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system in memory that is soon full, for a tablespace of an {@link OwnPostgres}. Only root on Linux can make
 * one. Unmounted with {@link #close}, after its server has ended. Not thread-safe.
 */
public final class SmallDisk implements AutoCloseable {
    private static final byte[] BLOCK = new byte[8_192];

    private final ServerFolder folder = ServerFolder.create("disk");
    private final Path disk = folder.resolve("disk");
    private final Path filler = disk.resolve("filler");
    private final Path tablespace = disk.resolve("tablespace");

    private SmallDisk() {}

    /** One of this size, or an assumption that fails where none can be made. */
    public static SmallDisk of(int megabytes) {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("user.name").equals("root"),
                "only root on Linux can mount a small disk: what a full one does is not tested here");
        SmallDisk disk = new SmallDisk();
        try {
            Files.createDirectory(disk.disk);
            NotAsRoot user = NotAsRoot.here();
            disk.run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", disk.disk.toString());
            Files.createDirectory(disk.tablespace);
            user.handOver(disk.folder.path());
            user.handOver(disk.disk);
            user.handOver(disk.tablespace);
            return disk;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An empty folder on it that belongs to the server. */
    public Path tablespace() {
        return tablespace;
    }

    /** Takes all the room that is left. */
    public void fill() {
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(BLOCK);
            }
        } catch (IOException full) {
            if (!Files.exists(filler)) {
                throw new UncheckedIOException(full);
            }
        }
    }

    /** Gives the room back. */
    public void free() {
        try {
            Files.deleteIfExists(filler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        run("umount", disk.toString());
        folder.delete();
    }

    private void run(String... command) {
        ServerProcess.run(List.of(command), folder.resolve("log"));
    }
}
