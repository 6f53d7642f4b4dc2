package dev.realtime.transport.internal.equipment;

import dev.realtime.transport.spi.FollowsOrganisations;
import dev.realtime.transport.spi.LogId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A {@link ScriptedAdapter} with a log for each organisation, heard only while it is followed. */
public final class FollowingAdapter extends ScriptedAdapter implements FollowsOrganisations {
    private final Set<LogId> heard = ConcurrentHashMap.newKeySet();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile boolean answers = true;

    public FollowingAdapter() {
        super(false);
    }

    /** What it was asked, such as {@code follow acme}. */
    public List<String> calls() {
        return calls;
    }

    /** Whether it starts a log as soon as it is followed; if not, the test does. */
    public void answersFollow(boolean atOnce) {
        answers = atOnce;
    }

    /** Starts a followed log, as the backend answers. */
    public void startFollowed(String orgId) {
        heard.add(new LogId(orgId));
        tellStarted(new LogId(orgId));
    }

    @Override
    boolean isHeard(LogId id) {
        return heard.contains(id);
    }

    @Override
    public void follow(String orgId) {
        calls.add("follow " + orgId);
        if (answers && heard.add(new LogId(orgId))) {
            onLoopLater(() -> startedNow(new LogId(orgId)));
        }
    }

    @Override
    public void unfollow(String orgId) {
        calls.add("unfollow " + orgId);
        heard.remove(new LogId(orgId));
    }
}
