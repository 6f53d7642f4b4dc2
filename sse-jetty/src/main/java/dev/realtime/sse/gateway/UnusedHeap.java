package dev.realtime.sse.gateway;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uncommits heap: has the G1 collector give what is not used back to the system while the gateway is quiet. Left to
 * itself it keeps what ten thousand clients that came at once had it take: 19 KB for each, of which a stream uses 2.5.
 * A collector that was run less than the interval ago is not run for it, so a busy gateway does not notice. Options
 * that somebody has set stay as they are.
 */
final class UnusedHeap {
    private static final Logger LOG = LoggerFactory.getLogger(UnusedHeap.class);
    /** In this order: the least that is free may not be more than the most. */
    private static final List<Option> OPTIONS = List.of(
            new Option("MinHeapFreeRatio", 10), // percent
            new Option("MaxHeapFreeRatio", 20),
            new Option("G1PeriodicGCInterval", 5_000)); // milliseconds

    private record Option(String name, int value) {}

    private UnusedHeap() {}

    /** From now on. Does nothing with other collectors, and on virtual machines that have no such options. */
    static void giveBack() {
        try {
            HotSpotDiagnosticMXBean machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            if (machine != null
                    && Boolean.parseBoolean(machine.getVMOption("UseG1GC").getValue())) {
                OPTIONS.forEach(option -> setUnlessSet(machine, option));
            }
        } catch (RuntimeException | LinkageError otherMachine) {
            LOG.debug("Unused heap is kept: {}", otherMachine.toString());
        }
    }

    private static void setUnlessSet(HotSpotDiagnosticMXBean machine, Option option) {
        if (machine.getVMOption(option.name()).getOrigin() == VMOption.Origin.DEFAULT) {
            try {
                machine.setVMOption(option.name(), Integer.toString(option.value()));
            } catch (IllegalArgumentException excludedByAnother) {
                LOG.debug("{} stays as it is: {}", option.name(), excludedByAnother.getMessage());
            }
        }
    }
}
