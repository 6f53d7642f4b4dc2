package dev.realtime.transport.testkit.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresUrlTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://app:secret@db.example:6432/orders",
                "postgres://a%40b:p%3Aw%2F%2B%20d@[::1]:5432/orders?sslmode=require"
            })
    void isWhatWasParsed(String text) {
        assertThat(PostgresUrl.parse(text).text()).isEqualTo(text);
    }

    @Test
    void decodesUserAndPassword() {
        PostgresUrl url = PostgresUrl.parse("postgresql://a%40b:p%3Aw+d@localhost");

        assertThat(url).isEqualTo(new PostgresUrl("a@b", "p:w+d", "localhost", 5432, "a@b", null));
    }

    @Test
    void keepsThePasswordOutOfItsDescription() {
        assertThat(PostgresUrl.parse("postgres://app:secret@localhost/orders"))
                .hasToString("postgres://localhost:5432/orders");
    }

    @Test
    void changesOnlyTheDatabase() {
        assertThat(PostgresUrl.parse("postgres://app:secret@localhost/orders?sslmode=require")
                        .in("other")
                        .text())
                .isEqualTo("postgres://app:secret@localhost:5432/other?sslmode=require");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:postgresql://localhost/db", "mysql://localhost/db", "postgres:///db"})
    void refusesOtherForms(String text) {
        assertThatThrownBy(() -> PostgresUrl.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
