package dev.realtime.system.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.realtime.system.equipment.Canary;
import dev.realtime.system.equipment.GatewayCommand;
import dev.realtime.system.equipment.GatewayDatabase;
import dev.realtime.system.equipment.GatewayProcess;
import dev.realtime.system.equipment.Patience;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line as a shell sees it: exit codes, what is on which output, one line for each error. */
class CommandLineTest {
    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int WRONG = 2;

    @ParameterizedTest
    @ValueSource(strings = {"serve", "publish", "tail", "migrate", "doctor"})
    void everyCommandHasHelp(String name) {
        GatewayCommand command = GatewayCommand.run(Map.of(), name, "--help");

        assertThat(command.awaitExit()).isEqualTo(DONE);
        assertThat(command.out().lines().get(0)).startsWith("Usage: realtime-gateway " + name);
        assertThat(command.out().lines()).hasSizeGreaterThan(4).allMatch(line -> line.length() <= 110);
        assertThat(command.err().lines()).isEmpty();
    }

    @Test
    void theGatewayItselfHasHelpThatNamesTheCommands() {
        GatewayCommand command = GatewayCommand.run(Map.of(), "--help");

        assertThat(command.awaitExit()).isEqualTo(DONE);
        assertThat(command.out().text())
                .contains("serve", "publish", "tail", "migrate", "doctor", "REALTIME_TRANSPORT", "DATABASE_URL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "publish", "tail", "migrate", "doctor"})
    void anUnknownSettingIsRefusedByNamingTheNearest(String name) {
        Map<String, String> misspelt = Map.of("REALTIME_TRANSPROT", "redis", "PORT", "0");
        GatewayCommand command = name.equals("publish")
                ? GatewayCommand.run(misspelt, name, "orders.updated")
                : GatewayCommand.run(misspelt, name);

        refused(command, "REALTIME_TRANSPROT", "REALTIME_TRANSPORT");
    }

    @Test
    void anUnknownTransportIsRefusedByNamingThoseThatAre() {
        Map<String, String> settings = Map.of("REALTIME_TRANSPORT", "kafka", "PORT", "0");

        refused(GatewayCommand.run(settings, "serve"), "kafka", "memory", "postgres", "redis", "class path");
    }

    @Test
    void anUnknownCommandIsRefused() {
        GatewayCommand command = GatewayCommand.run(Map.of(), "sreve");

        assertThat(command.awaitExit()).isEqualTo(WRONG);
        assertThat(command.err().text()).contains("sreve").doesNotContain("\tat ");
    }

    @Test
    void aMissingOrWrongDatabaseUrlIsRefusedWithoutRepeatingIt() {
        refused(GatewayCommand.run(Map.of("REALTIME_TRANSPORT", "postgres"), "serve"), "DATABASE_URL");

        String password = Canary.fresh("database");
        Map<String, String> wrong =
                Map.of("REALTIME_TRANSPORT", "postgres", "DATABASE_URL", "mysql://app:" + password + "@127.0.0.1/app");
        refused(GatewayCommand.run(wrong, "doctor"), "DATABASE_URL");
    }

    @Test
    void aTakenPortIsRefused() {
        try (GatewayProcess first = GatewayProcess.listening(Map.of())) {
            String port = Integer.toString(first.address().getPort());

            refused(GatewayCommand.run(Map.of("PORT", port), "serve"), "PORT", port, "in use");
        }
    }

    @Test
    void doctorNamesWhatIsWrongInALine() throws SQLException {
        String password = Canary.fresh("database");
        Map<String, String> unreachable = Map.of(
                "REALTIME_TRANSPORT", "postgres", "DATABASE_URL", "postgres://app:" + password + "@127.0.0.1:1/app");
        try (GatewayDatabase database = GatewayDatabase.fresh()) {
            Map<String, String> unmade = new HashMap<>(database.settings());
            unmade.put("REALTIME_SCHEMA", "nowhere");
            unmade.put("REALTIME_MIGRATE", "false");
            try (GatewayCommand first = GatewayCommand.start(unreachable, "doctor");
                    GatewayCommand second = GatewayCommand.start(unmade, "doctor")) {
                sick(first, "127.0.0.1:1", "refused");
                sick(second, "nowhere", "REALTIME_MIGRATE");
            }
        }
    }

    @Test
    void commandsWorkOnARealPostgres() throws SQLException {
        try (GatewayDatabase database = GatewayDatabase.fresh()) {
            Map<String, String> settings = new HashMap<>(database.settings());
            settings.put("REALTIME_SCHEMA", "elsewhere");

            Map<String, String> checkedOnly = new HashMap<>(settings);
            checkedOnly.put("REALTIME_MIGRATE", "false");
            GatewayCommand migrate = GatewayCommand.run(settings, "migrate");
            assertThat(migrate.awaitExit()).isEqualTo(DONE);
            assertThat(database.ask("SELECT count(*) FROM elsewhere.log")).isEqualTo("0");

            GatewayCommand doctor = GatewayCommand.run(checkedOnly, "doctor");
            assertThat(doctor.awaitExit()).isEqualTo(DONE);
            assertThat(doctor.out().lines(line -> line.startsWith("state ")))
                    .singleElement()
                    .asString()
                    .matches("state +(LIVE|DEGRADED)");

            try (GatewayCommand tail = GatewayCommand.start(settings, "tail", "--org", "acme", "--count", "2")) {
                Patience.until("tail is live", () -> tail.out().lines().contains("live"));
                GatewayCommand foreign = GatewayCommand.run(settings, "publish", "orders.made", "--org", "globex");
                assertThat(foreign.awaitExit()).isEqualTo(DONE);
                GatewayCommand publish = GatewayCommand.run(
                        settings,
                        "publish",
                        "orders.made",
                        "--org",
                        "acme",
                        "--topic",
                        "resource:orders",
                        "--payload",
                        "{\"id\":7}",
                        "--id",
                        "first");
                assertThat(publish.awaitExit()).isEqualTo(DONE);
                assertThat(publish.out().lines()).singleElement().asString().startsWith("first ");
                database.ask("SELECT elsewhere.publish('acme', 'from.sql', '{}')");

                assertThat(tail.awaitExit()).isEqualTo(DONE);
                List<String> events = tail.out().lines(line -> line.startsWith("event "));
                assertThat(events).hasSize(2);
                assertThat(events.get(0))
                        .isEqualTo("event " + publish.out().text().split(" ")[1]
                                + " resource:orders orders.made {\"id\":7}");
                assertThat(events.get(1)).endsWith(" events from.sql {}");

                GatewayCommand conflict = GatewayCommand.run(
                        settings,
                        "publish",
                        "orders.made",
                        "--org",
                        "acme",
                        "--payload",
                        "{\"id\":8}",
                        "--id",
                        "first");
                assertThat(conflict.awaitExit()).isEqualTo(FAILED);
                assertThat(conflict.err().lines(line -> line.startsWith("realtime-gateway: ")))
                        .singleElement()
                        .asString()
                        .contains("first");
            }
        }
    }

    private static void sick(GatewayCommand doctor, String... named) {
        assertThat(doctor.awaitExit()).isEqualTo(FAILED);
        assertThat(doctor.out().lines(line -> line.startsWith("cause ")))
                .singleElement()
                .asString()
                .contains(named);
        assertThat(doctor.everything()).doesNotContain("\tat ").doesNotContain("Exception");
    }

    private static void refused(GatewayCommand command, String... named) {
        assertThat(command.awaitExit()).isEqualTo(WRONG);
        assertThat(command.err().lines()).singleElement().asString().contains(named);
        assertThat(command.out().lines()).isEmpty();
    }
}
