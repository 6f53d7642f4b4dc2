package dev.realtime.transport.postgres.seal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;

/** What somebody read who goes on from where he was, and the gaps he was told. One thread at a time. */
final class LogReader {
    private record Gap(long after, long through) {}

    private final String name;
    private final List<String> read = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();
    private long start;
    private long position;

    LogReader(String name, long start) {
        this.name = name;
        this.start = start;
        this.position = start;
    }

    /** The offset of the last event that was read. */
    long position() {
        return position;
    }

    void reads(long offset, String id) {
        assertThat(offset).as("the offset that %s reads next", name).isGreaterThan(position);
        position = offset;
        read.add(offset + " " + id);
    }

    void isTold(long resumesAt) {
        assertThat(resumesAt).as("where %s resumes after a gap", name).isGreaterThanOrEqualTo(position);
        gaps.add(new Gap(position, resumesAt));
        position = resumesAt;
    }

    /** Judges by all events that the log ever had, and begins anew. */
    void check(NavigableMap<Long, String> history) {
        List<String> expected = new ArrayList<>();
        history.subMap(start, false, position, true).forEach((offset, id) -> {
            if (gaps.stream().noneMatch(gap -> gap.after() < offset && offset <= gap.through())) {
                expected.add(offset + " " + id);
            }
        });
        assertThat(read).as("what %s read after %s", name, start).isEqualTo(expected);
        read.clear();
        gaps.clear();
        start = position;
    }
}
