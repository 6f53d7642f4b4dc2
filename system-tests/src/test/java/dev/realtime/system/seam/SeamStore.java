package dev.realtime.system.seam;

import dev.realtime.sse.RealtimeEndpoint;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.RedisPrefix;
import dev.realtime.system.ledger.Ledger;
import dev.realtime.system.ledger.Writer;
import dev.realtime.transport.PubSub;
import dev.realtime.transport.memory.MemoryAdapter;
import dev.realtime.transport.postgres.PostgresAdapterProvider;
import dev.realtime.transport.redis.RedisAdapterProvider;
import dev.realtime.transport.testkit.servers.TcpProxy;
import dev.realtime.transport.testkit.servers.TestRedis;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a woven world keeps its log in: a store of its own, which can be away. For one thread. */
abstract class SeamStore implements AutoCloseable {
    private SeamStore() {}

    /** How to make one. */
    enum Kind {
        MEMORY {
            @Override
            SeamStore fresh() {
                return new Memory();
            }
        },
        POSTGRES {
            @Override
            SeamStore fresh() throws SQLException {
                return new Postgres();
            }
        },
        REDIS {
            @Override
            SeamStore fresh() {
                return new Redis();
            }
        };

        abstract SeamStore fresh() throws SQLException;
    }

    /** The calls that throw in a world on it: what is the same on every store is tried in memory. */
    static Seams seams(Kind store) {
        return switch (store) {
            case MEMORY ->
                new Seams(
                        List.of(
                                "dev/realtime/transport",
                                "dev/realtime/transport/event",
                                "dev/realtime/transport/settings",
                                "dev/realtime/transport/internal/**",
                                "dev/realtime/transport/fairness",
                                "dev/realtime/transport/runtime",
                                "dev/realtime/transport/memory",
                                "dev/realtime/sse",
                                "dev/realtime/sse/jwt",
                                "dev/realtime/sse/gateway/auth",
                                "dev/realtime/sse/internal/**"),
                        PubSub.class,
                        MemoryAdapter.class,
                        RealtimeEndpoint.class);
            case POSTGRES -> new Seams(List.of("dev/realtime/transport/postgres/**"), PostgresAdapterProvider.class);
            case REDIS -> new Seams(List.of("dev/realtime/transport/redis/**"), RedisAdapterProvider.class);
        };
    }

    /** The environment of a gateway on it. */
    abstract Map<String, String> settings();

    /** It goes away, and comes back. */
    abstract void away(SeamWorld world, boolean isAway);

    /** A session that publishes by SQL; null where there is no SQL. */
    Writer writer(Ledger ledger) throws SQLException {
        return null;
    }

    /** Until each loop has come round. */
    Duration round() {
        return Duration.ofMillis(300);
    }

    @Override
    public abstract void close();

    private static final class Memory extends SeamStore {
        @Override
        Map<String, String> settings() {
            return Map.of("REALTIME_TRANSPORT", "seam");
        }

        @Override
        void away(SeamWorld world, boolean isAway) {
            world.away(isAway);
        }

        @Override
        public void close() {
            // nothing is left of it
        }
    }

    /** Behind a proxy that leads nowhere while it is away. */
    private abstract static class Proxied extends SeamStore {
        final TcpProxy proxy;
        private final int port;

        private Proxied(TcpProxy proxy, int port) {
            this.proxy = proxy;
            this.port = port;
        }

        @Override
        void away(SeamWorld world, boolean isAway) {
            proxy.retarget("127.0.0.1", isAway ? 1 : port);
            if (isAway) {
                proxy.resetAll();
            }
        }

        @Override
        public void close() {
            proxy.close();
        }
    }

    private static final class Postgres extends Proxied {
        private final GatewayDatabase database;

        private Postgres() throws SQLException {
            this(GatewayDatabase.fresh());
        }

        private Postgres(GatewayDatabase database) {
            super(database.proxy(), URI.create(database.url()).getPort());
            this.database = database;
        }

        @Override
        Map<String, String> settings() {
            Map<String, String> settings = new HashMap<>(database.settingsThrough(proxy));
            settings.put("REALTIME_TRANSPORT", "seam-postgres");
            settings.put("REALTIME_REPLAY_WINDOW_SECONDS", "60");
            return settings;
        }

        @Override
        Writer writer(Ledger ledger) throws SQLException {
            return new Writer(database.connect(), ledger);
        }

        @Override
        Duration round() {
            return Duration.ofSeconds(4);
        }

        @Override
        public void close() {
            super.close();
            try {
                database.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static final class Redis extends Proxied {
        private Redis() {
            this(URI.create(TestRedis.shared().url()));
        }

        private Redis(URI server) {
            super(TcpProxy.to(server.getHost(), server.getPort()), server.getPort());
        }

        @Override
        Map<String, String> settings() {
            return new RedisPrefix(
                            "redis://127.0.0.1:" + proxy.port(),
                            TestRedis.shared().freshPrefix())
                    .settings();
        }

        @Override
        Duration round() {
            return Duration.ofSeconds(3);
        }
    }
}
