package dev.realtime.transport.internal;

import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A folder of jars that this process runs code from: so nobody else may be able to write to it. Stateless. */
final class PluginFolder {
    private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    private static final String ROOT = "root";

    private PluginFolder() {}

    static ClassLoader loader(String folder, ClassLoader parent) {
        Path path = Path.of(folder);
        if (!Files.isDirectory(path)) {
            throw refused("'" + folder + "' is not a folder");
        }
        refuseOthers(path);
        try (Stream<Path> files = Files.list(path)) {
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar") && Files.isRegularFile(file))
                    .sorted()
                    .toList();
            jars.forEach(PluginFolder::refuseOthers);
            return new URLClassLoader(jars.stream().map(PluginFolder::url).toArray(URL[]::new), parent);
        } catch (IOException e) {
            throw refused("'" + folder + "' cannot be read");
        }
    }

    /** Whoever owns a file may write to it, now or after a chmod. */
    private static void refuseOthers(Path path) {
        try {
            String owner = Files.getOwner(path).getName();
            if (!owner.equals(ROOT) && !owner.equals(ourselves())) {
                throw refused(
                        "'" + path + "' belongs to " + owner + ", who could change the code in it; it has to belong to"
                                + " the user of this process or to " + ROOT);
            }
            if (Files.getPosixFilePermissions(path).stream().anyMatch(WRITABLE_BY_OTHERS::contains)) {
                throw refused("'" + path + "' is writable by its group or by others; chmod go-w it");
            }
        } catch (UnsupportedOperationException noPosix) {
            // another kind of file system: its owner decides
        } catch (IOException e) {
            throw refused("'" + path + "' cannot be read");
        }
    }

    /** As files name their owner: in a container the user of a process may have no name at all. */
    private static String ourselves() throws IOException {
        Path process = Path.of("/proc/self");
        return Files.exists(process) ? Files.getOwner(process).getName() : System.getProperty("user.name");
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw refused("'" + jar + "' has no URL");
        }
    }

    private static SettingsException refused(String problem) {
        return new SettingsException(Settings.PLUGINS_DIR.name(), problem);
    }
}
