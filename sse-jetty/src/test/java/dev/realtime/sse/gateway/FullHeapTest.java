package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.realtime.sse.gateway.port.FullHeap;
import dev.realtime.transport.runtime.Supervisor;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FullHeapTest {
    /** A part of a process that runs out of heap. */
    public static final class FullProcess {
        private FullProcess() {}

        /** Runs out of heap, as it is told once. */
        public static void main(String[] args) {
            Settings settings = Settings.of(Map.of("REALTIME_ON_OUT_OF_MEMORY", args[0]));
            Supervisor supervisor = new Supervisor(Clock.systemUTC(), FullHeap.policy(settings));
            supervisor.guard("part", () -> {
                throw new OutOfMemoryError("seam");
            });
            System.exit(7);
        }
    }

    private static int run(String policy, StringBuilder said) throws Exception {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FullProcess.class.getName(),
                        policy)
                .redirectErrorStream(true)
                .start();
        said.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        return process.waitFor();
    }

    @Test
    void processEndsWithOneLineThatSaysWhatToDo() throws Exception {
        StringBuilder said = new StringBuilder();

        assertThat(run("exit", said)).isEqualTo(FullHeap.EXIT_CODE);

        assertThat(said).contains("The heap is full").contains("-Xmx");
    }

    @Test
    void processThatIsToldToGoOnGoesOn() throws Exception {
        assertThat(run("continue", new StringBuilder())).isEqualTo(7);
    }

    @Test
    void otherWordsAreRefused() {
        assertThatThrownBy(() -> FullHeap.policy(Settings.of(Map.of("REALTIME_ON_OUT_OF_MEMORY", "maybe"))))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("REALTIME_ON_OUT_OF_MEMORY")
                .hasMessageContaining("exit or continue");
    }
}
