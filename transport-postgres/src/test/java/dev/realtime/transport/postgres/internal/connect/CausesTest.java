package dev.realtime.transport.postgres.internal.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words for what went wrong. */
class CausesTest {
    @ParameterizedTest
    @CsvSource({
        "57P03, the server is starting or stopping",
        "57P02, the server crashed",
        "53100, the server's disk is full",
        "25006, the server is a standby or read-only",
        "42P01, the schema is missing or incomplete"
    })
    void whatTheServerSaysHasWordsOfOurOwnBeforeItsOwn(String state, String words) {
        SQLException told = new SQLException("FATAL: whatever language\nDETAIL: more", state);

        assertThat(Causes.line("db", told)).isEqualTo("db: " + words + " (FATAL: whatever language [" + state + "])");
    }

    @ParameterizedTest
    @CsvSource({
        "26000, unnamed prepared statement does not exist",
        "26000, prepared statement \"S_1\" does not exist",
        "42P05, prepared statement \"S_1\" already exists",
        "34000, portal \"C_2\" does not exist",
        "08P01, 'bind message supplies 1 parameters, but prepared statement \"\" requires 0'"
    })
    void whatAPoolerInTransactionModeBreaksIsNamedByIt(String state, String message) {
        SQLException told = new SQLException(message, state);

        assertThat(Causes.line("LISTEN failed", told))
                .startsWith("LISTEN failed: ")
                .contains("pooler", "DATABASE_LISTEN_URL", message, state);
        assertThat(Causes.blamesPooler(told)).isTrue();
        assertThat(Causes.blamesPooler(new SQLException("other", "42P01"))).isFalse();
    }

    @Test
    void theServersAnswerCountsNotThePoolsErrorAboutIt() {
        SQLException pool = new SQLTransientConnectionException(
                "pool - Connection is not available, request timed out after 3000ms",
                "08001",
                new SQLException("FATAL: sorry, too many clients already", "53300"));

        assertThat(Causes.line("db", pool))
                .isEqualTo("db: too many connections at the server (FATAL: sorry, too many clients already [53300])");
    }

    @Test
    void anUnknownStateIsShownAsItCame() {
        assertThat(Causes.line("db", new SQLException("odd", "XX000"))).isEqualTo("db: odd [XX000]");
        assertThat(Causes.line("db", new SQLException("no state"))).isEqualTo("db: no state");
        assertThat(Causes.line("db", new IllegalStateException())).isEqualTo("db: IllegalStateException");
    }

    @Test
    void whatTheNetworkDoesNeedsNoState() {
        assertThat(Causes.line("db", new SQLException("x", "08001", new ConnectException("no"))))
                .isEqualTo("db: connection refused");
        assertThat(Causes.line("db", new SQLException("x", "08001", new UnknownHostException("no"))))
                .isEqualTo("db: the host is unknown");
        assertThat(Causes.line("db", new SQLException("x", "08006", new SocketTimeoutException("no"))))
                .isEqualTo("db: no answer in time");
    }
}
