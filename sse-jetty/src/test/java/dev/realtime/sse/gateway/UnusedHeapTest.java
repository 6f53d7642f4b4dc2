package dev.realtime.sse.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Virtual machines of their own, since these options are the whole process's. */
class UnusedHeapTest {
    /** What runs in them. */
    static final class Probe {
        private Probe() {}

        public static void main(String[] args) {
            UnusedHeap.giveBack();
            HotSpotDiagnosticMXBean machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            for (String option : args) {
                System.out.println(option + "=" + machine.getVMOption(option).getValue());
            }
        }
    }

    private static List<String> options(String... given) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(List.of(given));
        command.addAll(List.of(Probe.class.getName(), "G1PeriodicGCInterval", "MinHeapFreeRatio", "MaxHeapFreeRatio"));
        Process machine = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(machine.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(machine.waitFor()).isZero();
        return said.lines().toList();
    }

    @Test
    void g1GivesBackWhatIsNotUsed() throws Exception {
        assertThat(options("-XX:+UseG1GC"))
                .containsExactly("G1PeriodicGCInterval=5000", "MinHeapFreeRatio=10", "MaxHeapFreeRatio=20");
    }

    @Test
    void whatSomebodyHasSetStays() throws Exception {
        assertThat(options("-XX:+UseG1GC", "-XX:G1PeriodicGCInterval=60000", "-XX:MaxHeapFreeRatio=50"))
                .containsExactly("G1PeriodicGCInterval=60000", "MinHeapFreeRatio=10", "MaxHeapFreeRatio=50");
    }

    @Test
    void valuesThatExcludeOurOwnStayToo() throws Exception {
        assertThat(options("-XX:+UseG1GC", "-XX:MinHeapFreeRatio=30"))
                .containsExactly("G1PeriodicGCInterval=5000", "MinHeapFreeRatio=30", "MaxHeapFreeRatio=70");
    }

    @Test
    void anotherCollectorIsLeftAlone() throws Exception {
        assertThat(options("-XX:+UseSerialGC"))
                .containsExactly("G1PeriodicGCInterval=0", "MinHeapFreeRatio=40", "MaxHeapFreeRatio=70");
    }
}
