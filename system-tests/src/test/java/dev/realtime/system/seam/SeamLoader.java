package dev.realtime.system.seam;

import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Loads the project's own classes anew, woven: a world of its own beside that of the other tests. Thread-safe. */
final class SeamLoader extends ClassLoader {
    private static final String GATEWAY = "dev.realtime.sse.gateway.SeamGateway";
    private static final String TRANSPORT = "dev.realtime.system.seam.SeamTransport";
    private static final Set<String> OWN = Set.of("dev.realtime.system.seam.SeamCharge");
    private static final String PROVIDERS = "META-INF/services/dev.realtime.transport.spi.PubSubAdapterProvider";

    static {
        registerAsParallelCapable();
    }

    private final Seams seams;

    SeamLoader(Seams seams) {
        super(SeamLoader.class.getClassLoader());
        this.seams = seams;
    }

    /** A gateway in a new world. */
    static SeamWorld world(Seams seams, Map<String, String> settings) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        SeamLoader loader = new SeamLoader(seams);
        thread.setContextClassLoader(loader);
        try {
            return (SeamWorld)
                    loader.loadClass(GATEWAY).getConstructor(Map.class).newInstance(settings);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            byte[] own = isOwn(name) ? bytes(name) : null;
            return own == null ? super.loadClass(name, resolve) : defineClass(name, own, 0, own.length);
        }
    }

    private byte[] bytes(String name) {
        byte[] woven = seams.woven(name);
        return woven != null ? woven : Seams.original(getParent(), name);
    }

    private static boolean isOwn(String name) {
        return OWN.contains(name)
                || name.startsWith(TRANSPORT)
                || name.startsWith("dev.realtime.sse.")
                || (name.startsWith("dev.realtime.transport.") && !name.startsWith("dev.realtime.transport.testkit."));
    }

    /** The transports that everybody finds, and one that goes away when it is told. */
    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        List<URL> found = new ArrayList<>(Collections.list(super.getResources(name)));
        if (name.equals(PROVIDERS)) {
            found.add(getResource("dev/realtime/system/seam/seam-transport"));
        }
        return Collections.enumeration(found);
    }
}
