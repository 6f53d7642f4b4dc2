package dev.realtime.transport.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.transport.PubSub;
import dev.realtime.transport.TransportStatus;
import dev.realtime.transport.settings.SettingKey;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterRegistryTest {
    @TempDir
    private Path work;

    private Path folder;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectory(work.resolve("plugins"));
        permissions(folder, "rwxr-xr-x");
    }

    private static void permissions(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private Path plugin(String className, String transport) throws IOException {
        Path jar = PluginJar.build(folder, work, className, transport);
        permissions(jar, "rw-r--r--");
        return jar;
    }

    private Settings choosing(String transport) {
        Map<String, String> values = new HashMap<>();
        values.put("REALTIME_TRANSPORT", transport);
        values.put("REALTIME_PLUGINS_DIR", folder.toString());
        return Settings.of(values);
    }

    @Test
    void thirdPartysJarIsOpened() throws IOException {
        plugin("Carrier", "carrier-pigeon");

        try (PubSub pubSub = PubSub.open(choosing("carrier-pigeon"))) {
            assertThat(pubSub.transportName()).isEqualTo("carrier-pigeon");
            assertThat(pubSub.status().state()).isEqualTo(TransportStatus.State.DEGRADED);
            assertThat(pubSub.status().cause()).isEqualTo("Carrier");
            assertThat(pubSub.instance()).matches("i-[0-9a-f]{6}");
        }
    }

    @Test
    void itsSettingsAreKnown() throws IOException {
        plugin("Carrier", "carrier-pigeon");

        assertThat(PubSub.knownSettings(choosing("carrier-pigeon")))
                .contains(SettingKey.secret("REALTIME_Carrier_TOKEN"))
                .containsAll(Settings.CORE);
    }

    @Test
    void unknownNameListsWhatThereIsAndWhereItLooked() throws IOException {
        plugin("Carrier", "carrier-pigeon");
        plugin("Drum", "drum");

        assertThatThrownBy(() -> PubSub.open(choosing("smoke")))
                .isInstanceOf(SettingsException.class)
                .hasMessage("REALTIME_TRANSPORT: there is no transport 'smoke'; there are [carrier-pigeon, drum], "
                        + "looked in the class path and REALTIME_PLUGINS_DIR=" + folder);
        assertThatThrownBy(() -> PubSub.open(Settings.of(Map.of("REALTIME_TRANSPORT", "smoke"))))
                .hasMessage("REALTIME_TRANSPORT: there is no transport 'smoke'; there are [], "
                        + "looked in the class path; REALTIME_PLUGINS_DIR is not set");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwxr-x", "rwxr-xrwx", "rwxrwxrwx"})
    void folderThatOthersMayWriteToIsRefused(String permissions) throws IOException {
        plugin("Carrier", "carrier-pigeon");
        permissions(folder, permissions);

        assertThatThrownBy(() -> PubSub.open(choosing("carrier-pigeon")))
                .isInstanceOf(SettingsException.class)
                .hasMessageStartingWith("REALTIME_PLUGINS_DIR: ")
                .hasMessageContaining("chmod go-w");
    }

    @Test
    void jarThatOthersMayWriteToIsRefused() throws IOException {
        Path jar = plugin("Carrier", "carrier-pigeon");
        permissions(jar, "rw-rw-r--");

        assertThatThrownBy(() -> PubSub.open(choosing("carrier-pigeon"))).hasMessageContaining(jar.toString());
    }

    @Test
    void whatBelongsToSomebodyElseIsRefused() throws IOException {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root may give files away");
        Path jar = plugin("Carrier", "carrier-pigeon");
        UserPrincipal nobody =
                jar.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
        for (Path given : new Path[] {jar, folder}) {
            UserPrincipal before = Files.getOwner(given);
            Files.setOwner(given, nobody);
            assertThatThrownBy(() -> PubSub.open(choosing("carrier-pigeon")))
                    .isInstanceOf(SettingsException.class)
                    .hasMessageStartingWith("REALTIME_PLUGINS_DIR: '" + given + "' belongs to nobody");
            Files.setOwner(given, before);
        }
        PubSub.open(choosing("carrier-pigeon")).close();
    }

    @Test
    void twoOfOneNameAreRefused() throws IOException {
        plugin("Carrier", "carrier-pigeon");
        plugin("Twin", "carrier-pigeon");

        assertThatThrownBy(() -> PubSub.open(choosing("carrier-pigeon")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("thirdparty.Carrier")
                .hasMessageContaining("thirdparty.Twin");
        assertThatThrownBy(() -> PubSub.knownSettings(choosing("memory"))).isInstanceOf(SettingsException.class);
    }

    @Test
    void folderThatIsNoneIsRefused() {
        Settings settings = Settings.of(
                Map.of("REALTIME_PLUGINS_DIR", work.resolve("nowhere").toString()));

        assertThatThrownBy(() -> PubSub.open(settings))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("is not a folder");
    }

    @Test
    void otherFilesAreLeftAlone() throws IOException {
        plugin("Carrier", "carrier-pigeon");
        permissions(Files.writeString(folder.resolve("README.txt"), "x"), "rw-rw-rw-");
        Files.createDirectory(folder.resolve("old.jar"));

        PubSub.open(choosing("carrier-pigeon")).close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"throw new IllegalStateException(\"broken\");", "throw new NoClassDefFoundError(\"gone\");"})
    void providerThatCannotBeMadeIsASettingsError(String constructor) throws IOException {
        permissions(PluginJar.build(folder, work, "Broken", "broken", constructor), "rw-r--r--");

        assertThatThrownBy(() -> PubSub.open(choosing("memory")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("thirdparty.Broken");
    }

    @Test
    void brokenJarIsASettingsError() throws IOException {
        Path jar = plugin("Carrier", "carrier-pigeon");
        Path truncated = folder.resolve("Truncated.jar");
        Files.write(truncated, Arrays.copyOf(Files.readAllBytes(jar), 100));
        permissions(truncated, "rw-r--r--");

        assertThat(PubSub.knownSettings(choosing("carrier-pigeon")))
                .as("what is no jar holds no provider")
                .contains(SettingKey.secret("REALTIME_Carrier_TOKEN"));
    }
}
