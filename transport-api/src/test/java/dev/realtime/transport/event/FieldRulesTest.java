package dev.realtime.transport.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class FieldRulesTest {
    private static final String LONGEST = "n".repeat(128);

    @ParameterizedTest
    @ValueSource(strings = {"a", "Z9", "_ops", "0", "resource:orders", "a.b-c_d:e", "orders.updated"})
    void takesNames(String name) {
        assertThat(FieldRules.organisation(name)).isEqualTo(name);
        assertThat(FieldRules.organisation(LONGEST)).isEqualTo(LONGEST);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "", " ", "a b", "-a", ".a", ":a", "a\n", "a\r", "\na", "a\u0000", "a\"", "a'", "a\\", "a/b", "a*",
                "\u00e9", "\u0660", "a\u2028", "\uff41", "{a}"
            })
    void refusesOtherNames(String name) {
        assertThatThrownBy(() -> FieldRules.organisation(name))
                .isInstanceOfSatisfying(InvalidInputException.class, refused -> {
                    assertThat(refused.code()).isEqualTo("invalid_org_id");
                    assertThat(refused.field()).isEqualTo("org_id");
                });
    }

    @Test
    void refusesLongNamesAndShowsTheirBeginning() {
        assertThatThrownBy(() -> FieldRules.organisation(LONGEST + "n"))
                .hasMessageContaining("'" + "n".repeat(40) + "…(129 characters)'")
                .hasMessageContaining("1 to 128");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\u001bb", "a\u0085b", "a\u009bb", "a\u007fb"})
    void errorsHoldNoControlCharacters(String name) {
        assertThatThrownBy(() -> FieldRules.organisation(name)).hasMessageStartingWith("org_id: 'a?b' is not allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ann", "ann@example.com", "auth0|5f7c", "!", "~", "-", "*:/?#[]"})
    void takesUsers(String user) {
        assertThat(FieldRules.user(user)).isEqualTo(user);
        assertThat(FieldRules.user("u".repeat(255))).hasSize(255);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "a b", "a\"", "a\\", "\u00e9", "a\n", "\u007f"})
    void refusesOtherUsers(String user) {
        assertThatThrownBy(() -> FieldRules.user(user))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.code()).isEqualTo("invalid_user_ids"));
    }

    @Test
    void refusesLongUsers() {
        assertThatThrownBy(() -> FieldRules.user("u".repeat(256))).hasMessageContaining("256 characters");
    }

    @Test
    void audiencesAreBounded() {
        List<String> thousand =
                IntStream.range(0, 1_000).mapToObj(i -> "user" + i).toList();
        FieldRules.audience(null);
        FieldRules.audience(thousand);

        assertThatThrownBy(() -> FieldRules.audience(List.of())).hasMessageContaining("leave it out");
        assertThatThrownBy(() -> FieldRules.audience(Collections.nCopies(1_001, "ann")))
                .hasMessageContaining("1001")
                .hasMessageContaining("1000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"realtime.gap", "realtime."})
    void protocolsEventTypesAreReserved(String type) {
        assertThatThrownBy(() -> FieldRules.eventType(type)).hasMessageContaining("reserved");
        assertThat(FieldRules.eventType("realtime")).isEqualTo("realtime");
    }
}
