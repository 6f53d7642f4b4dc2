package dev.realtime.transport.internal;

import dev.realtime.transport.Settings;
import dev.realtime.transport.SettingsException;
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

    private PluginFolder() {}

    static ClassLoader loader(String folder, ClassLoader parent) {
        Path path = Path.of(folder);
        if (!Files.isDirectory(path)) {
            throw refused("'" + folder + "' is not a folder");
        }
        refuseWritableByOthers(path);
        try (Stream<Path> files = Files.list(path)) {
            List<Path> jars = files.filter(file -> file.toString().endsWith(".jar") && Files.isRegularFile(file))
                    .sorted()
                    .toList();
            jars.forEach(PluginFolder::refuseWritableByOthers);
            return new URLClassLoader(jars.stream().map(PluginFolder::url).toArray(URL[]::new), parent);
        } catch (IOException e) {
            throw refused("'" + folder + "' cannot be read");
        }
    }

    private static void refuseWritableByOthers(Path path) {
        try {
            if (Files.getPosixFilePermissions(path).stream().anyMatch(WRITABLE_BY_OTHERS::contains)) {
                throw refused("'" + path + "' is writable by its group or by others; chmod go-w it");
            }
        } catch (UnsupportedOperationException noPosix) {
            // another kind of file system: its owner decides
        } catch (IOException e) {
            throw refused("'" + path + "' cannot be read");
        }
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
