package dev.realtime.transport.postgres.internal.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.realtime.transport.postgres.internal.store.PostgresSettings;
import dev.realtime.transport.settings.Settings;
import dev.realtime.transport.settings.SettingsException;
import dev.realtime.transport.spi.AdapterContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresUrlTest {
    private static final String PASSWORD = "sEcret";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://ann:sEcret@db.example:5433/shop",
                "postgresql://ann:sEcret@db.example:5433/shop",
                "postgres://db.example:5433/shop?user=ann&password=sEcret",
                "postgres://ann:sEcret@/shop?host=db.example&port=5433",
                "postgresql:///?host=db.example&port=5433&dbname=shop&user=ann&password=sEcret",
                "postgresql://?host=db.example&port=5433&dbname=shop&user=ann&password=sEcret",
                "jdbc:postgresql://db.example:5433/shop?user=ann&password=sEcret",
                "jdbc:postgresql://ann:sEcret@db.example:5433/shop"
            })
    void bothFormsSayTheSame(String text) {
        assertThat(parse(text)).isEqualTo(plain("db.example", 5433, "shop", "ann", PASSWORD));
    }

    @Test
    void whatIsLeftOutHasTheDefaultsOfLibpq() {
        assertThat(parse("postgres://ann@db")).isEqualTo(plain("db", 5432, "ann", "ann", null));
        assertThat(parse("postgres://ann@db/")).isEqualTo(parse("postgres://ann@db"));
    }

    @ParameterizedTest
    @CsvSource({
        "p%40ss, p@ss",
        "100%25, 100%",
        "a%2Fb%3Ac%3Fd%23e, a/b:c?d#e",
        "a+b, a+b",
        "a:b, a:b",
        "[a]^{b}|$'`, [a]^{b}|$'`",
        "ü€, ü€",
        "%C3%BC%20%E2%82%AC, ü €"
    })
    void passwordsAreDecoded(String escaped, String password) {
        assertThat(parse("postgres://ann:" + escaped + "@db/shop").password()).isEqualTo(password);
        assertThat(parse("postgres://db/shop?user=ann&password=" + escaped).password())
                .isEqualTo(password);
    }

    @Test
    void usersAndDatabasesAreDecodedAndEncodedAgain() {
        PostgresUrl url = parse("postgres://ann%40shop:x@db/my%20shop%2F%3F");
        ServerAddress server = url.servers().get(0);

        assertThat(url.user()).isEqualTo("ann@shop");
        assertThat(url.database()).isEqualTo("my shop/?");
        assertThat(url.jdbc(server)).isEqualTo("jdbc:postgresql://db:5432/my%20shop%2F%3F");
        assertThat(url.jdbcNg(server)).isEqualTo("jdbc:pgsql://db:5432/my%20shop%2F%3F");
    }

    @Test
    void addressesOfVersion6StandInBrackets() {
        PostgresUrl url = parse("postgres://ann@[2001:db8::1]:5433/shop");

        assertThat(url.servers()).containsExactly(new ServerAddress("2001:db8::1", 5433));
        assertThat(url.jdbc(url.servers().get(0))).isEqualTo("jdbc:postgresql://[2001:db8::1]:5433/shop");
        assertThat(url.place()).isEqualTo("[2001:db8::1]:5433/shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://ann:x@one:5433,[::2],my_db-3:5435/shop",
                "postgres://ann:x@one:5433,[::2]:5432,my_db-3:5435,one:5433/shop",
                "jdbc:postgresql://one:5433,[::2],my_db-3:5435/shop?user=ann&password=x&targetServerType=primary",
                "postgres:///shop?host=one,[::2],my_db-3&port=5433,5432,5435&user=ann&password=x"
            })
    void severalServersMeanTheOneThatTakesWrites(String text) {
        PostgresUrl url = parse(text);

        assertThat(url.servers())
                .containsExactly(
                        new ServerAddress("one", 5433),
                        new ServerAddress("::2", 5432),
                        new ServerAddress("my_db-3", 5435));
        assertThat(url.writable()).isTrue();
        assertThat(url.place()).isEqualTo("one:5433,[::2]:5432,my_db-3:5435/shop");
    }

    @ParameterizedTest
    @CsvSource({"any, false", "primary, true", "read-write, true", "master, true"})
    void oneServerIsAskedWhetherItTakesWritesIfTheUrlSaysSo(String target, boolean asked) {
        assertThat(parse("postgres://ann@db/shop?target_session_attrs=" + target)
                        .writable())
                .isEqualTo(asked);
        assertThat(parse("postgres://ann@db/shop").writable()).isFalse();
    }

    /** As their makers hand them out, but for the names. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgres://u1a:p2b@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d5e6f7 | PREFER",
                "jdbc:postgresql://ec2-1-2-3-4.compute-1.amazonaws.com:5432/d5?password=p2&sslmode=require&user=u1"
                        + " | REQUIRE",
                "postgresql://doadmin:AVNS_x@db-do-user-1-0.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require"
                        + " | REQUIRE",
                "postgresql://postgres:x@db.abcdef.supabase.co:5432/postgres | PREFER",
                "postgresql://postgres.abcdef:x@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true | PREFER",
                "postgresql://u:x@ep-a-1.eu.aws.neon.tech/neondb?sslmode=require&connect_timeout=10 | REQUIRE",
                "postgresql://u:x@ep-a-1.eu.aws.neon.tech/neondb?sslmode=verify-full&sslrootcert=system"
                        + "&channel_binding=require | VERIFY_FULL",
                "postgres://ann%40srv:x@srv.postgres.database.azure.com:5432/postgres?sslmode=require | REQUIRE",
                "postgres://u:x@db.rds.amazonaws.com/app?ssl=true&application_name=shop | REQUIRE",
                "jdbc:postgresql://db.rds.amazonaws.com/app?user=u&ssl=true&ApplicationName=shop&prepareThreshold=0"
                        + " | VERIFY_FULL",
                "postgres://u:x@db/app?gssencmode=prefer&keepalives_idle=30&client_encoding=utf8&sslrootcert=system"
                        + " | VERIFY_FULL"
            })
    void urlsOfProvidersAreTaken(String text, SslMode mode) {
        assertThat(parse(text).encryption().mode()).isEqualTo(mode);
    }

    @Test
    void theTimeToConnectIsTheUrls() {
        assertThat(parse("postgres://ann@db/shop?connect_timeout=10").connectTimeout())
                .isEqualTo(Duration.ofSeconds(10));
        assertThat(parse("jdbc:postgresql://ann@db/shop?connectTimeout=60").connectTimeout())
                .isEqualTo(Duration.ofSeconds(60));
        assertThat(parse("postgres://ann@db/shop").connectTimeout()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mysql://ann:sEcret@db/shop | scheme",
                "//ann:sEcret@db/shop | scheme",
                "sEcret | URL",
                "ann:sEcret@db/shop | URL",
                "jdbc:mysql://ann:sEcret@db/shop | scheme",
                "jdbc:postgresql:shop?user=ann&password=sEcret | URL",
                "postgres:///shop?user=ann&password=sEcret | TCP",
                "postgres://ann:sEcret@/shop | TCP",
                "postgres://ann:sEcret@%2Fvar%2Frun%2Fpostgresql/shop | Unix socket",
                "postgres://ann:sEcret@/shop?host=/var/run/postgresql | Unix socket",
                "postgres://ann:sEcret@db/shop?host=/var/run/postgresql | 'host'",
                "postgres://ann:sEcret@one,,two/shop | host",
                "postgres://ann:sEcret@one,/shop | host",
                "postgres:///shop?host=a,b,c&port=1,2&user=ann&password=sEcret | ports",
                "postgres://ann:sEcret@a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q/shop | 16",
                "postgres://ann:s@Ecret@db/shop | %40",
                "postgres://ann:sEcret@db/shop#part | escaped",
                "postgres://ann:sEcret#@db/shop | escaped",
                "postgres://ann:sEcret/@db/shop | escaped",
                "postgres://ann:xy?sEcret=1&z@db/shop | a parameter",
                "postgres://ann:12?sEcret=@db/shop | a parameter",
                "postgres://ann:sEcret%@db/shop | %25",
                "postgres://ann:sEc ret@db/shop | %XX",
                "postgres://ann:sEcret%FC@db/shop | UTF-8",
                "postgres://ann:sEcret%00@db/shop | NUL",
                "postgres://ann:sEcret@db:0/shop | port",
                "postgres://ann:sEcret@db:65536/shop | port",
                "postgres://ann:sEcret@db:123456/shop | host",
                "postgres://:sEcret@db/shop | user",
                "postgres://db/shop?password=sEcret | user",
                "postgres://ann:sEcret@db/shop?sslmod=require | 'sslmod'",
                "postgres://ann:sEcret@db/shop?ssl=yes | ssl is true",
                "postgres://ann:sEcret@db/shop?ssl=true&sslmode=prefer | ssl is true",
                "postgres://ann:sEcret@db/shop?sslmode=yes | verify-full",
                "postgres://ann:sEcret@db/shop?sslmode=REQUIRE | verify-full",
                "postgres://ann:sEcret@db/shop?sslmode=require&sslmode=disable | twice",
                "postgres://ann:sEcret@db/shop?sslrootcert=system&sslmode=require | verify-full",
                "postgres://ann:sEcret@db/shop?sslrootcert=/no/such.pem&sslmode=verify-ca | sslrootcert",
                "postgres://ann:sEcret@db/shop?sslrootcert=/no/such.pem | sslmode=prefer",
                "postgres://ann:sEcret@db/shop?sslmode=require&channel_binding=require | verify-full",
                "postgres://ann:sEcret@db/shop?channel_binding=maybe | channel_binding",
                "postgres://ann:sEcret@db/shop?target_session_attrs=standby | any, primary or read-write",
                "jdbc:postgresql://db/shop?user=ann&password=sEcret&targetServerType=secondary | standby",
                "postgres://ann:sEcret@db/shop?connect_timeout=0 | 1 to 60",
                "postgres://ann:sEcret@db/shop?connect_timeout=61 | 1 to 60",
                "postgres://ann:sEcret@db/shop?connect_timeout=-1 | 1 to 60",
                "postgres://ann:sEcret@db/shop?connect_timeout=5s | 1 to 60",
                "postgres://ann:sEcret@db/shop?sslcert=a.crt | client certificates",
                "postgres://ann:sEcret@db/shop?sslkey=a.key | client certificates",
                "postgres://ann:sEcret@db/shop?options=-c%20search_path%3Dx | alter role",
                "postgres://ann:sEcret@db/shop?gssencmode=require | disable, prefer",
                "postgres://ann:sEcret@db/shop?sslnegotiation=direct | postgres can be kept",
                "postgres://ann:sEcret@db/shop?ssl_min_protocol_version=TLSv1.3 | TLSv1.2",
                "postgres://ann:sEcret@db/shop?passfile=/x | the password stands",
                "postgres://ann:sEcret@db/shop?hostaddr=1.2.3.4 | 'hostaddr'",
                "jdbc:postgresql://db/shop?user=ann&sslfactory=org.postgresql.ssl.NonValidatingFactory | trusted",
                "postgres://ann:sEcret@db/shop?password=another | 'password'",
                "postgres://ann:sEcret@db/shop?sslmode | name=value",
                "postgres://ann:sEcret@db/shop?sslmode=require&&connect_timeout=3 | name=value",
                "postgres://ann:sEcret@db/shop?=x | name=value",
                "postgres://ann:sEcret@db/a123456789b123456789c123456789d123456789e123456789f123456789g123 | 63 bytes",
                "postgres://db/shop?user=ann&password=sEcret%zz | %25"
            })
    void whatIsNotUnderstoodIsRefusedWithAReasonAndWithoutThePassword(String text, String reason) {
        Throwable refusal = catchThrowable(() -> parse(text));

        assertThat(refusal).isInstanceOf(SettingsException.class).hasMessageContaining(reason);
        assertThat(refusal).hasMessageStartingWith("DATABASE_URL: ").hasNoCause();
        assertThat(refusal.toString()).doesNotContain("cret");
    }

    @Test
    void noTextHasThePassword() {
        PostgresUrl url = parse("postgres://ann:sEcret@db/shop?sslmode=require");
        ServerAddress server = url.servers().get(0);
        PostgresSettings settings = PostgresSettings.from(
                Settings.of(Map.of("DATABASE_URL", "postgres://ann:sEcret@db/shop")),
                new AdapterContext("one", "realtime", Duration.ofMinutes(1), Clock.systemUTC()));

        assertThat(url.toString()).isEqualTo("postgres://db:5432/shop");
        assertThat(url.jdbc(server) + url.jdbcNg(server) + url.place()).doesNotContain(PASSWORD);
        assertThat(settings.toString()).contains("db:5432").doesNotContain(PASSWORD);
    }

    @ParameterizedTest
    @EnumSource(SslMode.class)
    void theSslModeReachesTheDriverThatReadsAndWrites(SslMode mode) {
        Properties jdbc =
                parse("postgres://ann:sEcret@db/shop?sslmode=" + mode.text()).jdbcProperties();

        assertThat(jdbc).containsEntry("sslmode", mode.text()).containsEntry("gssEncMode", "disable");
        assertThat(jdbc.containsKey("sslfactory")).isEqualTo(mode.isVerified());
    }

    @Test
    void aFileWithoutCertificatesIsRefused() throws Exception {
        Path empty = Files.createTempFile("realtime-no-certificates", ".pem");

        assertThat(catchThrowable(() -> parse("postgres://ann@db/shop?sslmode=verify-ca&sslrootcert=" + empty)))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("not a file of certificates");
        Files.delete(empty);
    }

    private static PostgresUrl plain(String host, int port, String database, String user, String password) {
        List<ServerAddress> servers = List.of(new ServerAddress(host, port));
        return new PostgresUrl(servers, database, user, password, Encryption.UNSAID, false, null);
    }

    private static PostgresUrl parse(String text) {
        return PostgresUrl.parse("DATABASE_URL", text);
    }
}
