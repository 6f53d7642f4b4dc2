package dev.realtime.transport.redis.internal;

import dev.realtime.transport.redis.internal.connect.RedisAddress;
import dev.realtime.transport.testkit.RestartableBackend;
import dev.realtime.transport.testkit.servers.TcpProxy;
import dev.realtime.transport.testkit.servers.TestRedis;

/** The shared server behind a proxy: it keeps what it has while nobody can reach it. */
final class CutOffRedis extends RedisBackend implements RestartableBackend {
    private static final RedisAddress SERVER =
            RedisAddress.parse(TestRedis.shared().url(), null);
    private static final int NOBODY_LISTENS = 1;

    private final TcpProxy proxy;

    CutOffRedis() {
        this(TcpProxy.to(SERVER.host(), SERVER.port()));
    }

    private CutOffRedis(TcpProxy proxy) {
        super("redis://127.0.0.1:" + proxy.port() + "/" + SERVER.database());
        this.proxy = proxy;
    }

    @Override
    public void stop() {
        proxy.retarget("127.0.0.1", NOBODY_LISTENS);
        proxy.resetAll();
    }

    @Override
    public void start() {
        proxy.retarget(SERVER.host(), SERVER.port());
    }

    @Override
    public void close() {
        proxy.close();
        super.close();
    }
}
